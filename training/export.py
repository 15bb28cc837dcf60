"""The trained reader becomes one int8 ONNX file."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch.export import Dim

from training.model import SpanReader


def export(model: SpanReader, fp32: Path, int8: Path) -> None:
    """Write the network twice: `fp32` for comparison, `int8` (weights only, per channel; activations dynamically) to ship.

    Inputs `input_ids`, `attention_mask`, `token_type_ids`: int64 (batch, length). Outputs `start`, `end`: float32 likewise.
    """
    model.eval()
    example = tuple(torch.ones(2, 16, dtype=torch.long) for _ in range(3))
    axes = {0: Dim("batch", min=1, max=1024), 1: Dim("length", min=4, max=512)}
    program = torch.onnx.export(
        model,
        example,
        dynamo=True,
        opset_version=18,
        output_names=["start", "end"],
        input_names=["input_ids", "attention_mask", "token_type_ids"],
        dynamic_shapes={"input_ids": axes, "attention_mask": axes, "token_type_ids": axes},
    )
    assert program is not None
    program.save(str(fp32), external_data=False)
    prepared = fp32.with_suffix(".prepared.onnx")
    quant_pre_process(str(fp32), str(prepared), skip_symbolic_shape=True)
    quantize_dynamic(
        str(prepared),
        str(int8),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
        nodes_to_exclude=_sensitive(prepared, model),
    )
    prepared.unlink()
    onnx.checker.check_model(str(int8))


KEPT_LAYERS = 2


def _sensitive(network: Path, model: SpanReader) -> list[str]:
    """The second feed-forward product of the first KEPT_LAYERS layers, which stays float32.

    Its input has outliers that one scale for the whole tensor cannot hold: these two make a third of the error of
    quantisation, for a seventh more bytes.
    """
    graph = onnx.load(str(network)).graph
    shapes = {weight.name: list(weight.dims) for weight in graph.initializer}
    config = model.encoder.config
    wanted = [config.intermediate_size, config.hidden_size]
    return [node.name for node in graph.node if node.op_type == "MatMul" and shapes.get(node.input[1]) == wanted][:KEPT_LAYERS]
