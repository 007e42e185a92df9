"""A transformer of random weights, made from a configuration: a stand-in for a real encoder."""

from __future__ import annotations

from pathlib import Path


def tiny_bert(folder: Path, layers: int) -> str:
    """Save a model of letters and 16 dimensions with its tokenizer; the folder's path."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["[PAD]", "[UNK]", *letters, *(f"##{c}" for c in letters)]
    pieces = Tokenizer(models.WordPiece({w: k for k, w in enumerate(words)}, unk_token="[UNK]"))
    pieces.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=pieces, unk_token="[UNK]", pad_token="[PAD]")
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": layers, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), **size)).save_pretrained(folder)
    return str(folder)


def tiny_chat(folder: Path, template: bool = True, tokenizer: bool = True) -> str:
    """Save a chat model of bytes and 16 dimensions with random weights: a stand-in that babbles; the folder's path."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["<pad>", "<end>", *letters]
    pieces = Tokenizer(models.BPE({w: k for k, w in enumerate(words)}, []))
    pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    pieces.decoder = decoders.ByteLevel()
    if tokenizer:
        made = PreTrainedTokenizerFast(tokenizer_object=pieces, pad_token="<pad>", eos_token="<end>")
        if template:
            made.chat_template = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"
        made.save_pretrained(folder)
    torch.manual_seed(0)
    size = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    LlamaForCausalLM(LlamaConfig(vocab_size=len(words), max_position_embeddings=1 << 15, pad_token_id=0,
                                 eos_token_id=1, bos_token_id=None, **size)).save_pretrained(folder)  # fmt: skip
    return str(folder)
