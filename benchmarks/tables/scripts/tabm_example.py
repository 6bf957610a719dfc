"""TabM with the recipe of its example.

https://github.com/yandex-research/tabm/blob/main/example.ipynb

Numbers go through a quantile transformation to a normal distribution and into piecewise-linear embeddings of 48 bins; a
fifth of the training part is set aside, and training stops when it has not improved by it for more than 16 epochs. The
example has no missing values: a missing number is the median with an indicator beside it, a missing or unknown category
is one of its own. A column that does not change in training is left out, since it has no bins.
"""

import copy

import numpy as np
import protocol
import rtdl_num_embeddings
import tabm
import torch
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import QuantileTransformer
from torch.nn.functional import cross_entropy, mse_loss

BATCH, AT_ONCE, BINS, PATIENCE = 256, 8096, 48, 16


def fit(fold):
    """A function that predicts a part."""
    torch.manual_seed(fold.seed)
    learned, held = divided(fold)
    prepare = preparation(fold, learned)
    inputs, validation = prepare(fold.train.of(learned)), prepare(fold.train.of(held))
    mean, deviation = (0.0, 1.0) if fold.classes else (fold.targets[learned].mean(), fold.targets[learned].std())
    targets = (fold.targets[learned] - mean) / deviation
    targets = torch.as_tensor(fold.targets[learned]) if fold.classes else torch.as_tensor(targets, dtype=torch.float32)
    model = made(inputs, fold)

    @torch.inference_mode()
    def predict(given):
        model.eval()
        rows = torch.arange(len(given[0] if given[0] is not None else given[1]))
        answers = torch.cat([model(*some(given, part)) for part in rows.split(AT_ONCE)])
        if fold.classes:
            return answers.softmax(dim=-1).mean(dim=1).numpy()
        return answers.squeeze(-1).mean(dim=1).numpy() * deviation + mean

    def score():
        predicted = predict(validation)
        if fold.classes:
            return float((predicted.argmax(axis=1) == fold.targets[held]).mean())
        return -float(np.square(predicted - fold.targets[held]).mean())

    optimizer = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=3e-4)
    best, best_weights, patience = -np.inf, None, PATIENCE
    while patience >= 0:
        model.train()
        for batch in torch.randperm(len(learned)).split(BATCH):
            answers = model(*some(inputs, batch))  # (batch, members, outputs)
            wanted = targets[batch].repeat_interleave(answers.shape[1])
            flat = answers.flatten(0, 1)
            loss = cross_entropy(flat, wanted) if fold.classes else mse_loss(flat.squeeze(-1), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        now = score()
        if now > best:
            best, best_weights, patience = now, copy.deepcopy(model.state_dict()), PATIENCE
        else:
            patience -= 1
    model.load_state_dict(best_weights)
    return lambda part: predict(prepare(part))


def divided(fold):
    """Rows of the training part to learn from, and a fifth of them that decides when training stops."""
    rows = np.arange(len(fold.train))
    enough = fold.classes and np.unique(fold.targets, return_counts=True)[1].min() >= 2
    return train_test_split(rows, train_size=0.8, random_state=fold.seed, stratify=fold.targets if enough else None)


def preparation(fold, learned):
    """A function that gives the tensors of a part: numbers and categories, None where there are none."""
    train = fold.train.of(learned)
    fill = protocol.imputed(train)
    gaps = np.isnan(train.numbers).any(axis=0)

    def numbers(part):
        return np.hstack([fill(part), np.isnan(part.numbers)[:, gaps]]).astype(np.float32)

    filled = numbers(train)
    changes = np.array([len(np.unique(column)) > 1 for column in filled.T], dtype=bool)
    quantiles = QuantileTransformer(
        n_quantiles=max(min(len(learned) // 30, 1000), 10), output_distribution="normal", subsample=10**9
    )
    if changes.any():
        noise = np.random.default_rng(0).normal(0.0, 1e-5, filled[:, changes].shape).astype(np.float32)
        quantiles.fit(filled[:, changes] + noise)
    known = [np.unique(column) for column in train.categories.T]

    def prepare(part):
        scaled = quantiles.transform(numbers(part)[:, changes]).astype(np.float32) if changes.any() else None
        kept = [np.where(np.isin(column, seen), column + 1, 0)
                for column, seen in zip(part.categories.T, known, strict=True)]  # fmt: skip
        categories = torch.as_tensor(np.column_stack(kept)) if kept else None
        return None if scaled is None else torch.as_tensor(scaled), categories

    return prepare


def made(inputs, fold):
    """The network for such inputs."""
    numbers, _ = inputs
    embeddings = None
    if numbers is not None:
        bins = rtdl_num_embeddings.compute_bins(numbers, n_bins=min(BINS, len(numbers) - 1))
        embeddings = rtdl_num_embeddings.PiecewiseLinearEmbeddings(bins, d_embedding=16, activation=False, version="B")
    return tabm.TabM.make(
        n_num_features=0 if numbers is None else numbers.shape[1],
        cat_cardinalities=[size + 1 for size in fold.sizes],
        d_out=fold.classes or 1,
        num_embeddings=embeddings,
    )


def some(inputs, rows):
    """The same inputs for some rows."""
    return tuple(None if one is None else one[rows] for one in inputs)


if __name__ == "__main__":
    protocol.run(fit)
