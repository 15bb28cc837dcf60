"""One command from the question sets to the shipped reader: trains, exports, measures, calibrates."""

from __future__ import annotations

import argparse
import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from tokenizers import Tokenizer

from bench.reader import outcomes
from bot.spans import WEIGHTS, SpanScorer, onnx_network
from index.embedder import Embedder, default_weights
from training.calibrate import calibrate
from training.export import export
from training.model import SpanReader
from training.train import Recipe, restore, train


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    parser.add_argument("--train", nargs="+", type=Path, required=True, metavar="FILE", help="SQuAD-format files to train on")
    parser.add_argument("--tune", nargs="+", type=Path, required=True, metavar="FILE", help="… to watch and to calibrate on")
    parser.add_argument(
        "--run", type=Path, default=Path("training/runs/reader"), help="checkpoints and log; resumed if there are any"
    )
    parser.add_argument("--examples", type=int, default=Recipe.examples, help="training examples in all (%(default)s)")
    parser.add_argument("--no-training", action="store_true", help="export and calibrate the newest checkpoint as it is")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="where the int8 file goes (%(default)s)")
    options = parser.parse_args()

    recipe = Recipe(examples=options.examples)
    model = SpanReader(default_weights())
    if options.no_training:
        step = restore(model, options.run)
    else:
        tokenizer = Tokenizer.from_file(str(default_weights() / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        step = train(model, tokenizer, options.train, options.tune, options.run, recipe)
    ship(model, recipe, step, options.tune, options.run / "reader.fp32.onnx", options.out)


def ship(model: SpanReader, recipe: Recipe, step: int, tune: list[Path], fp32: Path, out: Path) -> None:
    """Export, compare int8 with fp32, calibrate, and write the weights, their card's figures and the calibration."""
    out.parent.mkdir(parents=True, exist_ok=True)
    export(model, fp32, out)
    card = {"sha256": hashlib.sha256(out.read_bytes()).hexdigest(), "calibration": None}
    card |= {"examples_seen": step * recipe.batch, "recipe": asdict(recipe)}
    out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    scorer = SpanScorer.load(out)
    calibration, report = calibrate(tune, scorer, Embedder.load())
    print(report, flush=True)
    card["calibration"] = asdict(calibration)
    card["f1"] = {}
    full = SpanScorer(onnx_network(fp32.read_bytes()), Tokenizer.from_file(str(default_weights() / "tokenizer.json")))
    for file in tune:
        for name, network in (("fp32", full), ("int8", scorer)):
            has = [o.f1 for o in outcomes(network, file, 1000) if o.answerable]
            card["f1"][f"{file.name}, 1,000 questions, answerable, {name}"] = round(100 * sum(has) / len(has), 2)
    out.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(card, indent=2))


if __name__ == "__main__":
    main()
