#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check_argv.py ARGV_OF FACTS: what ARGV_OF makes of settings is what vLLM's parsers take, in all releases.

Three kinds of settings: the hand-made ones of sets.py, every option of every release with a good and a
bad value, and every option that the release does not have. What ARGV_OF emits must pass
FACTS/tools/check_argv.py, without a misspelling. What it refuses is written out by the simplest rule
("--name=value"), and must fail there.
"""
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent))
from sets import MODELS, SETS  # noqa: E402

SKIP = 77
SECRETS = {"api_key", "hf_token"}
LATE = {"quantization": "quantization", "load_format": "load_formats", "kv_cache_dtype": "kv_cache_dtypes",
        "reasoning_parser": "reasoning_parsers"}
FINE = {"deprecated"}  # warnings that do not speak of a spelling


def field(value):
    if value is None:
        return "n", ""
    if isinstance(value, bool):
        return "b", "true" if value else "false"
    if isinstance(value, int):
        return "i", str(value)
    if isinstance(value, float):
        return "d", repr(value)
    return ("t", value) if isinstance(value, str) else ("j", json.dumps(value, separators=(",", ":")))


def line_of(release, entry, model, settings):
    fields = [release, entry, model]
    for name, value in settings.items():
        fields += [name, *field(value)]
    return "\x1f".join(fields)


def naive(entry, model, settings):
    argv = ["vllm", "serve", model] if entry == "serve" else [
        "python3", "-m", "vllm.entrypoints.openai.api_server", "--model", model]
    for name, value in settings.items():
        option = "--" + name.replace("_", "-")
        if isinstance(value, bool):
            argv.append(option if value else "--no-" + option[2:])
        elif isinstance(value, list) and value and all(isinstance(v, str) for v in value):
            argv += [option, *value]
        else:
            argv.append(option + "=" + field(value)[1])
    return argv


def samples(flag, values):
    """A good value and a bad one for an option."""
    choices = [c for c in flag.get("choices") or sorted(values.get(LATE.get(flag["dest"]), ()))
               if c not in (None, "None")]
    value = flag["value"]
    if flag["kind"] == "custom_store:StoreBoolean":
        return True, None
    if value == "none":
        return True, "yes"
    if choices:
        good, bad = choices[-1], "no-such-choice"
    elif value in ("int", "human_int", "human_int_or_auto"):
        good, bad = 1, "many"
    elif value == "float":
        good, bad = 0.5, "half"
    elif value in ("json", "json_object", "json_dataclass", "kv_or_json"):
        good, bad = {}, "{"
    elif value == "other":
        good, bad = {"image": 2}, None
    else:
        good, bad = "-x", None
    if flag.get("nargs") == "+" or flag["kind"] == "append":
        good = [good, good] if not isinstance(good, str) or good != "-x" else ["x", "y"]
    return good, bad


def cases_of(facts, release, every):
    """(what, entry, model, settings, must it be taken: True, False or None for "as vLLM does")"""
    flags = json.loads((facts / "vllm/flags" / (release + ".json")).read_text(encoding="utf-8"))["flags"]
    values = json.loads((facts / "vllm/values" / (release + ".json")).read_text(encoding="utf-8"))
    for i, settings in enumerate(SETS):
        for entry in ("serve", "module"):
            yield "set %d" % i, entry, MODELS[i % len(MODELS)], settings, None
    here = set()
    for flag in flags:
        name = flag["dest"]
        here.add(name)
        if flag["kind"] == "help" or flag.get("positional") or name in SECRETS or name == "model":
            continue
        good, bad = samples(flag, values)
        with_parser = {"tool_call_parser": "hermes"} if name == "enable_auto_tool_choice" else {}
        yield name, "serve", MODELS[0], {name: good, **with_parser}, True
        if bad is not None:
            yield name + " bad", "serve", MODELS[0], {name: bad}, False
        if good is True and (flag.get("negative_options") or flag["default"] is False):
            yield name + " off", "serve", MODELS[0], {name: False}, True
    for name in sorted(every - here):
        yield name + " absent", "serve", MODELS[0], {name: 1}, False


def judge(case, ours, verdict):
    """What is wrong about a case, or None."""
    what, _, _, settings, wanted = case
    shown = "%s %s: " % (what, json.dumps(settings))
    bad_words = [w for w in verdict["warnings"] if w["kind"] not in FINE]
    if "argv" in ours:
        if wanted is False:
            return shown + "was taken"
        if not verdict["ok"] or bad_words:
            return shown + "%s -> %s" % (ours["argv"], verdict["errors"] or bad_words)
        if "secret" in " ".join(ours["argv"]):
            return shown + "a secret stands in " + str(ours["argv"])
        return None
    if wanted is True:
        return shown + "was refused: " + ours["message"]
    # a setting is a name that the release's configuration has; other spellings of its options are not
    if "is a spelling of" in ours["message"]:
        return None
    # an option that another one abbreviates is taken by the parser, and means the other one
    if verdict["ok"] and not any(w["kind"] == "abbreviated" for w in verdict["warnings"]):
        return shown + "refused with \"%s\", but vLLM takes %s" % (ours["message"], naive(*case[1:4]))
    return None


def lines_of(command, text):
    out = subprocess.run(command, input=text, stdout=subprocess.PIPE, encoding="utf-8", check=False).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    tool, facts = sys.argv[1], Path(sys.argv[2])
    if not (facts / "tools" / "check_argv.py").is_file():
        print("skipped: no facts under", facts)
        return SKIP
    releases = [r["release"] for r in json.loads((facts / "vllm/releases.json").read_text(encoding="utf-8"))]
    every = set()
    for release in releases:
        flags = json.loads((facts / "vllm/flags" / (release + ".json")).read_text(encoding="utf-8"))["flags"]
        every |= {f["dest"] for f in flags if f["kind"] != "help" and not f.get("positional")}
    wrong, taken, refused = [], 0, 0
    for release in releases:
        cases = list(cases_of(facts, release, every))
        text = "\n".join(line_of(release, *c[1:4]) for c in cases) + "\n"
        ours = lines_of([tool], text)
        argvs = [o["argv"] if "argv" in o else naive(*c[1:4]) for o, c in zip(ours, cases)]
        verdicts = lines_of([sys.executable, str(facts / "tools" / "check_argv.py"), "--release", release,
                             "--batch"], "\n".join(map(json.dumps, argvs)) + "\n")
        if not len(cases) == len(ours) == len(verdicts):
            raise SystemExit("%s: %d cases, %d answers, %d verdicts" %
                             (release, len(cases), len(ours), len(verdicts)))
        for case, o, verdict in zip(cases, ours, verdicts):
            fault = judge(case, o, verdict)
            taken, refused = taken + ("argv" in o), refused + ("argv" not in o)
            if fault:
                wrong.append(release + ": " + fault)
    print("\n".join(wrong[:40]))
    print("%d releases, %d taken, %d refused, %d wrong" % (len(releases), taken, refused, len(wrong)))
    return 1 if wrong or not taken or not refused else 0


if __name__ == "__main__":
    sys.exit(main())
