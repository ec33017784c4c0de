"""Golden folds for training/splits: purged, embargoed folds written from the definition.

Row i lives from event[i] to label[i]. A training row must not share a moment with the life of a
block of evaluation rows, widened by the embargo on both sides. Nothing here is taken from the
TypeScript: membership is decided row by row against every evaluation row's block with numpy masks.

A second opinion is skfolio's CombinatorialPurgedCV, whose embargo lies only after an evaluation block:
its training rows without the rows that lie in the embargo before a block must be the same.

    pip install numpy==2.4.6 skfolio==1.12.2
    python test/reference/make_folds_golden.py training/splits/golden/folds.json
"""
import itertools
import json
import sys

import numpy as np
from skfolio.model_selection import CombinatorialPurgedCV

MINUTE = 60_000


def series():
    """Three sessions of minutes, two instruments in the second; labels 30 minutes ahead, some 60."""
    rng = np.random.default_rng(20)
    events, labels = [], []
    start = 1_700_000_000_000
    for session in range(3):
        for minute in range(200):
            for instrument in range(2 if session == 1 else 1):
                at = start + (session * 1_440 + minute) * MINUTE
                events.append(at)
                labels.append(at + int(rng.choice([30, 30, 30, 60])) * MINUTE)
    return np.array(events), np.array(labels)


def cut(event, count):
    """Block starts: rounded half up to a row, moved on to the first row of a new time."""
    starts = []
    for block in range(count):
        row = int(np.floor(len(event) * block / count + 0.5))
        while 0 < row < len(event) and event[row] == event[row - 1]:
            row += 1
        starts.append(row)
    return list(zip(starts, starts[1:] + [len(event)]))


def allowed(event, label, blocks, embargo):
    """Rows that stay away from every evaluation block."""
    mask = np.ones(len(event), bool)
    for a, b in blocks:
        first, last = event[a:b].min(), label[a:b].max()
        overlaps = ~((label < first - embargo) | (event > last + embargo))
        mask &= ~overlaps
    return mask


def ranges(mask):
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return [[int(a), int(b)] for a, b in edges.reshape(-1, 2)]


def combinatorial(event, label, groups, chosen, embargo):
    blocks = cut(event, groups)
    folds = []
    for picked in itertools.combinations(range(groups), chosen):
        test = [blocks[g] for g in picked]
        mask = allowed(event, label, test, embargo)
        for a, b in test:
            mask[a:b] = False
        folds.append({"groups": list(picked), "train": ranges(mask)})
    paths = []
    for path in range(sum(0 in f["groups"] for f in folds)):
        paths.append([[i for i, f in enumerate(folds) if g in f["groups"]][path] for g in range(groups)])
    return {"blocks": blocks, "folds": folds, "paths": paths}


def walk(event, label, train_blocks, folds, embargo, rolling):
    blocks = cut(event, train_blocks + folds)
    result = []
    for fold in range(folds):
        test = blocks[train_blocks + fold]
        mask = allowed(event, label, [test], embargo)
        mask[test[0] :] = False
        if rolling:
            mask[: blocks[fold][0]] = False
        result.append({"evaluation": test, "train": ranges(mask)})
    return result


def check_second_opinion():
    """On minutes without gaps, where rows and minutes are the same, against skfolio."""
    event = 1_700_000_000_000 + np.arange(600) * MINUTE
    label = event + 30 * MINUTE
    for embargo in (0, 45):
        mine = combinatorial(event, label, 6, 2, embargo * MINUTE)
        other = CombinatorialPurgedCV(n_folds=6, n_test_folds=2, purged_size=30, embargo_size=embargo)
        for fold, (train, tests) in zip(mine["folds"], other.split(np.zeros((600, 1))), strict=True):
            blocks = [mine["blocks"][g] for g in fold["groups"]]
            assert [(t[0], t[-1] + 1) for t in tests] == blocks
            own = {i for a, b in fold["train"] for i in range(a, b)}
            before = {i for i in range(600) for a, _ in blocks if event[a] - embargo * MINUTE <= label[i] < event[a]}
            assert own == set(train.tolist()) - before, (embargo, fold["groups"])
        assert np.array_equal(other.recombined_paths.T, mine["paths"]), other.recombined_paths
    print("skfolio agrees on 2 x 15 folds and their paths", file=sys.stderr)


check_second_opinion()
event, label = series()
embargo = 20 * MINUTE
json.dump(
    {
        "eventTimeMs": event.tolist(),
        "labelTimeMs": label.tolist(),
        "embargoMs": embargo,
        "combinatorial": combinatorial(event, label, 6, 2, embargo),
        "expanding": walk(event, label, 2, 4, embargo, rolling=False),
        "rolling": walk(event, label, 2, 4, embargo, rolling=True),
    },
    open(sys.argv[1], "w"),
)
