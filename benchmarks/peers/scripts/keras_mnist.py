"""Keras 3's own MNIST example on its torch backend.

https://keras.io/examples/vision/mnist_convnet/ : two convolutions of 3x3 with pooling, dropout, a dense layer; pixels
in [0, 1], one-hot classes, Adam, batches of 128, the last tenth of the training part held out for validation, 15
epochs. Here `fit` goes on until it is stopped.
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
        keras.Input(shape=(28, 28, 1)),
        layers.Conv2D(32, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Conv2D(64, kernel_size=(3, 3), activation="relu"),
        layers.MaxPooling2D(pool_size=(2, 2)),
        layers.Flatten(),
        layers.Dropout(0.5),
        layers.Dense(10, activation="softmax"),
    ]
)
model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])


class Tell(keras.callbacks.Callback):
    """Test after every epoch."""

    def on_epoch_end(self, epoch, logs=None):
        """One line."""
        protocol.tell(epoch + 1, lambda: np.mean(model.predict(test_x, batch_size=128, verbose=0).argmax(1) == test_y))


model.fit(
    train_x,
    keras.utils.to_categorical(train_y, 10),
    batch_size=128,
    epochs=given.epochs or 10_000,
    validation_split=0.1,
    callbacks=[Tell()],
)
