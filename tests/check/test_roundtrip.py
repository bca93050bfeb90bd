#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""test_roundtrip.py ARGV_OF CHECK_LINES FACTS: settings to arguments and back, in every release.

For each release, 300 sets of settings are drawn from its own flags (names, kinds and choices as its parser told
them, with values that people find hard: blanks, quotes, line ends, a leading '-', other alphabets). The
arguments that are built must pass FACTS/tools/check_argv.py of that release, and reading them back must give the
same settings and nothing to complain of.
"""
import json
import random
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Dict, Iterator, List, Optional, Set, Tuple

sys.dont_write_bytecode = True
SKIP = 77
SETS = 300
LEFT_OUT = {"model", "config", "help", "api_key", "hf_token", "ssl_keyfile_password", "headless", "grpc"}
LATE = {"quantization": "quantization", "load_format": "load_formats", "kv_cache_dtype": "kv_cache_dtypes",
        "reasoning_parser": "reasoning_parsers"}
TEXTS = ["a", "two words", "it's", 'say "x"', "line\nend", "-dash", "--max-model-len", "-1x", "a=b", "ключ", "名前",
         "$HOME", "`id`", "a;b", "*", "{brace", "[", "a,b", "\\", "#x", "%s", "x" * 300, "-", "0.5.1", "a.b.c"]
MODELS = ["m", "org/name", "/models/a b", "./-dash", "it's", "模型", "a\nb"]
OBJECTS = [{}, {"a": 1}, {"a": {"b": [1, 2.5, None, True]}}, {"text": "it's \"x\"\n"}, {"ключ": "-"}]


def field(value: Any) -> Tuple[str, str]:
    if isinstance(value, bool):
        return "b", "true" if value else "false"
    if isinstance(value, int):
        return "i", str(value)
    if isinstance(value, float):
        return "d", repr(value)
    if isinstance(value, str):
        return "t", value
    return "j", json.dumps(value, separators=(",", ":"), ensure_ascii=False)


class Draw:
    """Values for the flags of one release."""

    def __init__(self, facts: Path, release: str, seed: int):
        read = lambda part: json.loads((facts / "vllm" / part / (release + ".json")).read_text(encoding="utf-8"))
        self.values = read("values")
        self.random = random.Random(seed)
        self.flags = [f for f in read("flags")["flags"] if f["dest"] not in LEFT_OUT and not f.get("positional")]

    def one(self, flag: Dict[str, Any]) -> Any:
        r, value = self.random, flag["value"]
        choices = [c for c in flag.get("choices") or sorted(self.values.get(LATE.get(flag["dest"]), ()))
                   if c not in (None, "None", "")]
        if choices:
            return r.choice(choices)
        if value in ("int", "human_int", "human_int_or_auto"):
            return r.choice([1, 2, 8, 4096, 32768]) if value == "int" else r.choice([1, 4096, "4k", "1.5k", "2K"])
        if value == "float":
            return r.choice([0.5, 0.9, 0.95, 1.0, 0.125])
        if value == "other":
            return {"image": r.randrange(9), "video": 1}
        if value == "json_dataclass":
            return {}
        if value in ("json", "json_object", "kv_or_json"):
            return {} if flag["dest"].endswith("_config") else r.choice(OBJECTS)
        if value == "str_or_json":
            return r.choice(OBJECTS)
        return r.choice(TEXTS)

    def value(self, flag: Dict[str, Any]) -> Optional[Any]:
        if flag["value"] == "none" or flag["kind"] == "custom_store:StoreBoolean":
            can_be_off = flag.get("negative_options") or flag["kind"] == "custom_store:StoreBoolean"
            return self.random.choice([True, False]) if can_be_off else True
        if flag.get("nargs") == "+" or flag["kind"] == "append":
            items = [self.one(flag) for _ in range(self.random.randint(1, 3))]
            several = len(items) > 1 and flag["kind"] != "append"
            return [i for i in items if not (several and str(i).startswith("-"))] or None
        return self.one(flag)

    def sets(self) -> Iterator[Dict[str, Any]]:
        for _ in range(SETS):
            drawn = self.random.sample(self.flags, self.random.randint(1, 12))
            out = {f["dest"]: self.value(f) for f in drawn}
            out = {k: v for k, v in out.items() if v is not None}
            out.pop("tool_call_parser", None)
            out.pop("enable_auto_tool_choice", None)
            yield out


def run(command: List[str], lines: List[str]) -> List[Any]:
    text = "".join(line + "\n" for line in lines)
    out = subprocess.run(command, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def conflicts(source: Path) -> Dict[str, Set[str]]:
    """Code -> what the mended command goes without, by the table: sets that are drawn contradict themselves."""
    rows = re.findall(r'CONFLICT\("(\w+)",[^"]*"\w+",\s*(?:NULL|"(\w+)"),', source.read_text(encoding="utf-8"))
    out: Dict[str, Set[str]] = {}
    for code, left_out in rows:
        out.setdefault(code, set()).add(left_out)
    return out


PARSER_CODES = {"unknown_flag", "misspelt_flag", "removed_flag", "renamed_flag", "later_flag", "ambiguous_flag",
                "abbreviated_flag", "repeated_flag", "no_members", "missing_value", "unexpected_value", "wrong_type",
                "wrong_choice", "removed_choice", "later_choice", "bad_json", "unknown_json_key", "missing_model",
                "default_model", "two_models", "extra_word", "model_option", "model_not_first", "not_vllm",
                "model_option_refused", "model_ignored"}


def equal(ours: Any, wanted: Any) -> bool:
    """A choice that is a number may have been asked for as text, and a number as its text."""
    if isinstance(ours, list) and isinstance(wanted, list):
        return len(ours) == len(wanted) and all(equal(a, b) for a, b in zip(ours, wanted))
    if isinstance(ours, (dict, bool)) or isinstance(wanted, (dict, bool)):
        return ours == wanted and type(ours) is type(wanted)
    return ours == wanted or str(ours) == str(wanted)


def complain(model: str, wanted: Dict[str, Any], answer: Dict[str, Any],
             left_out: Dict[str, Set[str]]) -> Optional[str]:
    if "error" in answer:
        return "refused: " + answer["error"]["message"]
    said = [f for f in answer["findings"] if f["code"] in PARSER_CODES]
    if said:
        return "said %s" % said
    if answer["model"] != model:
        return "the model became %r" % answer["model"]
    for name in set(wanted) | set(answer["settings"]):
        # a switch that is off by itself has no argument
        if name not in answer["settings"] and wanted[name] is False:
            continue
        if any(name in left_out.get(f["code"], ()) for f in answer["findings"]):
            continue
        if name not in wanted or name not in answer["settings"] or not equal(answer["settings"][name], wanted[name]):
            return "%s: %r became %r" % (name, wanted.get(name), answer["settings"].get(name))
    return None


def main() -> int:
    argv_of, check_lines, facts = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    if not (facts / "tools" / "check_argv.py").is_file():
        print("skipped: no facts under", facts)
        return SKIP
    wrong, count = [], 0
    left_out = conflicts(Path(__file__).resolve().parents[2] / "src" / "launch" / "conflicts.def")
    for i, row in enumerate(json.loads((facts / "vllm/releases.json").read_text(encoding="utf-8"))):
        release = row["release"]
        sets = list(Draw(facts, release, i).sets())
        models = [MODELS[n % len(MODELS)] for n in range(SETS)]
        lines = ["\x1f".join([release, "serve" if n % 3 else "module", models[n]] +
                             [x for k, v in s.items() for x in (k, *field(v))]).replace("\n", "\x1e")
                 for n, s in enumerate(sets)]
        built = run([argv_of], lines)
        refused = [(s, b) for s, b in zip(sets, built) if "argv" not in b]
        wrong += ["%s: %s was refused: %s" % (release, s, b) for s, b in refused]
        argvs = [b.get("argv", []) for b in built]
        verdicts = run([sys.executable, str(facts / "tools/check_argv.py"), "--release", release, "--batch",
                        "--parse-only"], [json.dumps(a) for a in argvs])
        answers = run([check_lines], [json.dumps({"command": a, "engine": {"release": release}}) for a in argvs])
        if not len(sets) == len(built) == len(verdicts) == len(answers):
            raise SystemExit("%s: answers are missing" % release)
        for s, model, argv, verdict, answer in zip(sets, models, argvs, verdicts, answers):
            count += 1
            if not verdict["ok"]:
                wrong.append("%s: %s -> %s: %s" % (release, s, argv, verdict["errors"]))
            fault = complain(model, s, answer, left_out)
            if fault:
                wrong.append("%s: %s -> %s: %s" % (release, s, argv, fault))
    print("\n".join(wrong[:30]))
    print("%d settings in %d releases, %d wrong" % (count, i + 1, len(wrong)))
    return 1 if wrong or count < SETS * 31 else 0


if __name__ == "__main__":
    sys.exit(main())
