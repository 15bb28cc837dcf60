"""The reader's network: a 6-layer MiniLM encoder with a start and an end score for every token."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn
from transformers import BertModel


class SpanReader(nn.Module):
    """BERT-style extractive reader (Devlin et al. 2019, section 4.2), `[CLS]` standing for "no answer".

    Starts from the sentence encoder's weights. Word embeddings stay as they are: they were learnt from far more text than
    there is here. Dropout is off: two or three passes do not overfit a network this small, and it costs 40 % of the speed.
    """

    def __init__(self, encoder: Path) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(
            encoder,
            add_pooling_layer=False,
            attn_implementation="eager",  # on CPUs faster than sdpa for short inputs
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            local_files_only=True,
        )
        self.head = nn.Linear(self.encoder.config.hidden_size, 2)
        self.encoder.embeddings.word_embeddings.weight.requires_grad = False

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor) -> tuple[Tensor, Tensor]:
        """Start and end logits, each of shape (batch, length). Inputs are int64 of that shape."""
        hidden = self.encoder(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state
        start, end = self.head(hidden).unbind(-1)
        return start, end
