"""scikit-learn's multi-layer perceptron as its reference page has it by default.

https://scikit-learn.org/stable/modules/generated/sklearn.neural_network.MLPClassifier.html : one hidden layer of 100
with ReLU, Adam at rate 0.001, batches of 200, pixels in [0, 1]. `partial_fit` makes one pass over the examples.
"""

import numpy as np
import protocol
from sklearn.neural_network import MLPClassifier

given = protocol.options()
train_x, train_y, test_x, test_y = protocol.arrays(given)
train_x, test_x = (x.reshape(len(x), -1).astype("float32") / 255 for x in (train_x, test_x))
model = MLPClassifier(random_state=given.seed)
for epoch in protocol.epochs(given):
    model.partial_fit(train_x, train_y, classes=np.arange(10))
    protocol.tell(epoch, lambda: np.mean(model.predict(test_x) == test_y))
