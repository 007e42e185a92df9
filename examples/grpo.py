"""GRPO with TRL on the game in words.

    pip install -c constraints.txt -e '.[trl]'
    python -m examples.grpo --steps 4

`environment_factory=TextGame` is all that joins them: TRL makes a game for each completion, calls `reset` with the
columns of the data set, offers `ask` and `guess` to the model as tools, and takes the reward from `get_reward`.  The
column `seed` is what makes all completions of a group meet the same user.

With `--model` a local folder or hub id is trained.  Without it a tiny random model is, which is made on the spot and
needs no network: its vocabulary holds whole messages, one for each question and each guess of the catalogue, so that
something so small can play at all.  It shows that the path works, and no more.

TRL marks `environment_factory` as experimental.  What may have to change with it stands in `trainer_of` alone.
"""

from __future__ import annotations

import argparse
import json
import os
from functools import partial
from typing import Any

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
PROMPT = "Find out what somebody is looking for."


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--catalogue", default="toy")
    parser.add_argument("--model", default="", help="a folder or hub id; a tiny random model if not given")
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--users", type=int, default=64, help="seeds to train on")
    parser.add_argument("--group", type=int, default=8, help="completions that meet the same user")
    parser.add_argument("--budget", type=int, default=5, help="questions in a dialogue")
    parser.add_argument("--length", type=int, default=800, help="tokens of a dialogue, replies among them")
    parser.add_argument("--learning-rate", type=float, default=1e-3)
    parser.add_argument("--out", default="grpo-out")
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


def tiny_random_model(catalogue: str) -> tuple[Any, Any, dict[str, Any]]:
    """A model of random weights that can say whole messages alone, its tokenizer, and how to sample from it."""
    import torch
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
    from trl.chat_template_utils import qwen2_5_chat_template

    from sim import load, question_bank

    bank = question_bank(load(catalogue))
    calls = [("ask", {"question": bank.text(q)}) for q in range(len(bank))]
    calls += [("guess", {"title": name}) for name in bank.catalogue.intents]
    said = [f"<tool_call>\n{json.dumps({'name': name, 'arguments': given})}\n</tool_call>" for name, given in calls]
    letters = [chr(c) for c in range(32, 127)] + ["\n"]
    core = Tokenizer(models.WordLevel({c: k for k, c in enumerate(["[UNK]", *letters])}, unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), "isolated")
    core.decoder = decoders.Fuse()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="[UNK]", eos_token="<|im_end|>", pad_token="<|pad|>",
        extra_special_tokens=["<|im_start|>"], clean_up_tokenization_spaces=False,
    )  # fmt: skip
    tokenizer.add_tokens(said)
    tokenizer.chat_template = qwen2_5_chat_template
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        max_position_embeddings=8192, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    ))  # fmt: skip
    messages = tokenizer.convert_tokens_to_ids(said)
    end = tokenizer.eos_token_id
    sampling = {
        "suppress_tokens": [t for t in range(len(tokenizer)) if t not in {end, *messages}],
        # One message a turn.
        "sequence_bias": [[[message, end], 100.0] for message in messages] + [[[end], -3.0]],
    }
    return model, tokenizer, sampling


def trainer_of(options: argparse.Namespace) -> Any:
    """A GRPOTrainer on the game: the one place that knows TRL."""
    from datasets import Dataset
    from trl import GRPOConfig, GRPOTrainer

    from envs import TextGame

    model, tokenizer, sampling = (options.model, None, {}) if options.model else tiny_random_model(options.catalogue)
    rows = Dataset.from_list(
        [{"prompt": [{"role": "user", "content": f"{PROMPT}\n"}], "seed": k} for k in range(options.users)]
    )
    config = GRPOConfig(
        output_dir=options.out, max_steps=options.steps, per_device_train_batch_size=2 * options.group,
        num_generations=options.group, max_completion_length=options.length, learning_rate=options.learning_rate,
        max_tool_calling_iterations=options.budget + 1, generation_kwargs=sampling, beta=0.0, logging_steps=1,
        save_strategy="no", report_to=[], seed=options.seed, disable_tqdm=True, bf16=False, use_cpu=not options.model,
    )  # fmt: skip
    return GRPOTrainer(
        model=model,
        processing_class=tokenizer,
        args=config,
        train_dataset=rows,
        environment_factory=partial(TextGame, options.catalogue, budget=options.budget),
    )


def main(arguments: list[str] | None = None) -> list[float]:
    """Train for some steps; the mean reward of each."""
    options = parse(arguments)
    trainer = trainer_of(options)
    trainer.train()
    steps = [entry for entry in trainer.state.log_history if "reward" in entry]
    for k, entry in enumerate(steps, start=1):
        print(f"step {k}: reward {entry['reward']:+.3f}, messages a dialogue {entry['tools/call_frequency']:.1f}")
    return [entry["reward"] for entry in steps]


if __name__ == "__main__":
    main()
