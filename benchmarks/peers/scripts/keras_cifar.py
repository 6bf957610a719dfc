"""The convolutional network of TensorFlow's and Keras' CIFAR-10 tutorial, on Keras' torch backend.

https://www.tensorflow.org/tutorials/images/cnn : three convolutions of 3x3 with 32, 64 and 64 filters, two poolings,
a dense layer of 64; pixels in [0, 1], Adam, batches of 32 (Keras' default), 10 epochs, the test part as validation.
Here `fit` continues until it is stopped, and the test replaces the validation after each epoch.
"""

import os

import protocol

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

given = protocol.options()
keras.utils.set_random_seed(given.seed)
train_x, train_y, test_x, test_y = protocol.arrays(given)
train_x, test_x = train_x.astype("float32") / 255, test_x.astype("float32") / 255

model = keras.Sequential(
    [
        keras.Input(shape=(32, 32, 3)),
        layers.Conv2D(32, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.MaxPooling2D((2, 2)),
        layers.Conv2D(64, (3, 3), activation="relu"),
        layers.Flatten(),
        layers.Dense(64, activation="relu"),
        layers.Dense(10),
    ]
)
model.compile(optimizer="adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])


class Tell(keras.callbacks.Callback):
    """Test after every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        """One line."""
        protocol.tell(epoch + 1, lambda: np.mean(model.predict(test_x, verbose=0).argmax(1) == test_y))


model.fit(train_x, train_y, epochs=given.epochs or 10_000, callbacks=[Tell()])
