"""fastai's vision learner, without weights from elsewhere.

https://docs.fast.ai/vision.learner.html and https://docs.fast.ai/tutorial.imagenette.html : ResNet-18 behind
`vision_learner`, pictures made one at a time from the array, batches of 64 (the default), `fit_one_cycle` over 5
epochs. The test replaces the validation that fastai does after each epoch.
"""

import numpy as np
import protocol
from fastai.vision.all import (
    Callback,
    CancelValidException,
    CategoryBlock,
    DataBlock,
    ImageBlock,
    IndexSplitter,
    resnet18,
    set_seed,
    vision_learner,
)

EPOCHS = 5

given = protocol.options()
set_seed(given.seed)
train_x, train_y, test_x, test_y = protocol.arrays(given)
pictures = np.concatenate([train_x, test_x])
if pictures.shape[-1] == 1:  # as fastai opens grey pictures
    pictures = pictures.repeat(3, axis=-1)
classes = np.concatenate([train_y, test_y]).tolist()


class Tell(Callback):
    """Test after every epoch."""

    def before_validate(self):
        """One line."""
        protocol.tell(self.epoch + 1, lambda: protocol.accuracy_of(self.learn.model, self.learn.dls.valid))
        raise CancelValidException


block = DataBlock(
    blocks=(ImageBlock, CategoryBlock),
    get_items=lambda _: list(range(len(pictures))),
    get_x=lambda row: pictures[row],
    get_y=lambda row: classes[row],
    splitter=IndexSplitter(list(range(len(train_x), len(pictures)))),
)
learner = vision_learner(block.dataloaders(None), resnet18, pretrained=False, n_out=10, cbs=[Tell()])
learner.fit_one_cycle(given.epochs or EPOCHS)
