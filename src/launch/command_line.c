/* SPDX-License-Identifier: Apache-2.0 */
#include "launch/command_line.h"

#include <string.h>

static const struct {
    const char *program;
    uint32_t plain;
    const char *options;
} wrappers[] = {
#define WRAPPER(program, plain, options) {program, plain, options},
#include "launch/wrappers.def"
#undef WRAPPER
};

/* Options of docker run, podman run and nerdctl run that take no value (docker 28: docker run --help); every
 * other one takes the next word unless it has a '='. */
static const char container_switches[] =
    " -d --detach -i --interactive -t --tty -it -ti -dit -itd -P --publish-all --rm --init --privileged "
    "--read-only --no-healthcheck --oom-kill-disable --sig-proxy -q --quiet --disable-content-trust "
    "--replace --tls-verify --rmi -dt -td -di -id ";

enum { DEEPEST = 2 }; /* sh -c inside of sh -c */

typedef struct finder {
    vp_arena *arena;
    vp_command_line *out;
    vp_remarks *remarks;
    uint32_t at;
    uint32_t depth;
} finder;

/** Whether `word` is one of the words that are separated by spaces. */
static bool is_among(const char *words, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = words; length > 0 && (at = strstr(at, word)) != NULL; at += length) {
        bool starts = at == words || at[-1] == ' ';
        if (starts && (at[length] == ' ' || at[length] == '\0')) return true;
    }
    return false;
}

static const char *word_at(const finder *f, uint32_t i)
{
    return i < f->out->words.count ? f->out->words.at[i].text : NULL;
}

static const char *here(const finder *f) { return word_at(f, f->at); }

static bool is_assignment(const char *word)
{
    size_t n = 0;
    while ((word[n] >= 'a' && word[n] <= 'z') || (word[n] >= 'A' && word[n] <= 'Z') || word[n] == '_' ||
           (n > 0 && word[n] >= '0' && word[n] <= '9'))
        n++;
    return n > 0 && word[n] == '=';
}

static void add_variable(finder *f, uint32_t index, const char *text)
{
    if (f->out->variable_count < VP_MAX_VARIABLES)
        f->out->variables[f->out->variable_count++] = (vp_variable){index, text};
}

static void take_assignments(finder *f)
{
    for (const char *word; (word = here(f)) != NULL && is_assignment(word); f->at++)
        add_variable(f, f->at, word);
}

/** Steps over a wrapper, its options and the words that belong to it. */
static bool take_wrapper(finder *f)
{
    const char *base = vp_word_base(here(f));
    for (size_t i = 0; i < sizeof wrappers / sizeof wrappers[0]; i++) {
        if (strcmp(base, wrappers[i].program) != 0) continue;
        uint32_t plain = wrappers[i].plain;
        f->at++;
        for (const char *word; (word = here(f)) != NULL;) {
            if (is_assignment(word)) {
                add_variable(f, f->at++, word);
            } else if (word[0] == '-') {
                f->at += is_among(wrappers[i].options, word) ? 2 : 1;
            } else if (plain > 0 && !vp_word_is_vllm(word)) {
                plain--;
                f->at++;
            } else {
                break;
            }
        }
        return true;
    }
    return false;
}

/** Some words are read for others while vLLM is looked for: `given` stays as it is. */
static bool set_words(finder *f, const vp_words *words)
{
    vp_command_line *out = f->out;
    out->given = *words;
    out->words.count = words->count;
    out->words.at = vp_arena_take(f->arena, (words->count + 1) * sizeof *words->at);
    if (out->words.at && words->count > 0) memcpy(out->words.at, words->at, words->count * sizeof *words->at);
    return out->words.at != NULL;
}

/** sh -c STRING: the string is split, and remarks count its words from then on. */
static bool take_shell(finder *f)
{
    static const char shells[] = "sh bash dash zsh ash sh.exe bash.exe";
    const char *word;
    if (!is_among(shells, vp_word_base(here(f)))) return false;
    uint32_t i = f->at + 1;
    while ((word = word_at(f, i)) != NULL && word[0] == '-' && !strchr(word, 'c')) i++;
    if (!word || word[0] != '-' || !word_at(f, i + 1) || f->depth == DEEPEST) return false;
    vp_words inner;
    if (!vp_shell_words(vp_str_from(word_at(f, i + 1)), f->arena, &inner, f->remarks)) return false;
    vp_remark_put(f->remarks, 0, VP_REMARK_inner_command,
                  "the command stands in one word for %s; places are counted in that word",
                  vp_word_base(here(f)));
    if (!set_words(f, &inner)) return false;
    f->at = 0;
    f->depth++;
    return true;
}

/** The release in an image's tag: "vllm/vllm-openai:v0.11.0", "...:v0.11.0-x86_64@sha256:..." */
static const char *image_release(const char *image, vp_arena *arena)
{
    const char *base = vp_word_base(image);
    const char *tag = strchr(base, ':');
    if (!tag || tag[1] != 'v' || tag[2] < '0' || tag[2] > '9') return NULL;
    size_t length = strcspn(tag + 2, "-_@+");
    return vp_arena_copy(arena, (vp_str){tag + 2, length});
}

static bool is_program(const char *word)
{
    const char *base = vp_word_base(word);
    return strcmp(base, "vllm") == 0 || strncmp(base, "python", 6) == 0 ||
           is_among("sh bash env uv exec", base);
}

/** One option of docker run. True for --entrypoint and its value in *entrypoint. */
static void take_container_option(finder *f, const char **entrypoint)
{
    const char *word = here(f), *value = strchr(word, '=');
    uint32_t index = f->at++;
    bool is_short = word[1] != '-';
    bool glued = is_short && word[1] != '\0' && word[2] != '\0' && strchr("epvuwmhlca", word[1]);
    if (is_among(container_switches, word)) return;
    if (glued) {
        value = word + 2 + (word[2] == '=');
    } else if (value && !is_short) {
        value++;
    } else {
        value = here(f);
        f->at += value != NULL;
        index = f->at - 1;
    }
    if (!value) return;
    if (strncmp(word, "-e", 2) == 0 || strncmp(word, "--env=", 6) == 0 || strcmp(word, "--env") == 0)
        add_variable(f, index, value);
    if (strncmp(word, "--entrypoint", 12) == 0) *entrypoint = value;
}

/** docker run [options] image arguments */
static bool take_container(finder *f)
{
    const char *word = vp_word_base(here(f)), *entrypoint = NULL;
    if (!is_among("docker podman nerdctl docker.exe podman.exe", word)) return false;
    uint32_t start = f->at++;
    while ((word = here(f)) != NULL && !is_among("run create", word)) {
        if (word[0] != '-' && !is_among("container", word)) break;
        f->at++;
    }
    if (!word || !is_among("run create", word)) {
        f->at = start;
        return false;
    }
    f->at++;
    while ((word = here(f)) != NULL && word[0] == '-' && strcmp(word, "--") != 0)
        take_container_option(f, &entrypoint);
    if (word && strcmp(word, "--") == 0) f->at++;
    f->out->image = here(f);
    f->out->image_index = f->at;
    if (!f->out->image) return true;
    f->out->release = image_release(f->out->image, f->arena);
    f->at++;
    word = here(f);
    bool names_program = word && is_program(word);
    if (entrypoint && strcmp(vp_word_base(entrypoint), "vllm") == 0) {
        f->out->entry = word && strcmp(word, "serve") == 0 ? VP_ENTRY_SERVE : VP_ENTRY_NONE;
        f->at++;
    } else if (entrypoint && *entrypoint && !names_program) {
        f->at = f->out->image_index; /* the image's word stands for the entry point */
        f->out->words.at[f->at].text = entrypoint;
    } else if (!names_program) {
        f->out->entry = VP_ENTRY_IMAGE;
    }
    f->out->first = f->at;
    return true;
}

/** vllm serve */
static bool take_vllm(finder *f)
{
    if (strcmp(vp_word_base(here(f)), "vllm") != 0 && strcmp(vp_word_base(here(f)), "vllm.exe") != 0)
        return false;
    const char *word = word_at(f, f->at + 1);
    if (word && strcmp(word, "serve") == 0) {
        f->out->entry = VP_ENTRY_SERVE;
        f->out->first = f->at + 2;
        return true;
    }
    vp_remark *remark =
        vp_remark_put(f->remarks, f->at, VP_REMARK_not_serve, "vllm without \"serve\" starts no server");
    vp_remark_fix(f->remarks, remark, "write: vllm serve MODEL ...");
    f->out->first = f->out->words.count;
    return true;
}

/** python -m MODULE, or python with the path of the vllm script */
static bool take_python(finder *f)
{
    if (strncmp(vp_word_base(here(f)), "python", 6) != 0) return false;
    uint32_t i = f->at + 1;
    const char *word;
    while ((word = word_at(f, i)) != NULL && word[0] == '-' && strcmp(word, "-m") != 0)
        i += is_among("-X -W", word) ? 2 : 1;
    if (!word) return false;
    bool module = strcmp(word, "-m") == 0;
    if (module) word = word_at(f, ++i);
    if (!word) return false;
    if (!module || strcmp(word, "vllm.entrypoints.cli.main") == 0 || strcmp(word, "vllm") == 0) {
        if (!vp_word_is_vllm(word)) return false;
        f->at = i;
        f->out->words.at[i].text = "vllm";
        return take_vllm(f);
    }
    if (strcmp(word, "vllm.entrypoints.openai.api_server") == 0) {
        f->out->entry = VP_ENTRY_MODULE;
        f->out->first = i + 1;
        return true;
    }
    if (strncmp(word, "vllm.entrypoints.", 17) != 0) return false;
    vp_remark *remark =
        vp_remark_put(f->remarks, i, VP_REMARK_not_serve, "%.*s is not the OpenAI server of vLLM",
                      vp_shown_length(vp_str_from(word)), word);
    vp_remark_fix(f->remarks, remark, "write: vllm serve MODEL ...");
    f->out->first = f->out->words.count;
    return true;
}

/** A list without a program: the args of a container, whose image brings the program. */
static bool take_bare(finder *f)
{
    const char *word = here(f);
    bool serve = strcmp(word, "serve") == 0;
    if (!serve && word[0] != '-' && !strchr(word, '/')) return false;
    f->out->entry = serve ? VP_ENTRY_SERVE : VP_ENTRY_IMAGE;
    f->out->first = f->at + serve;
    return true;
}

static bool later_vllm(const finder *f)
{
    for (uint32_t i = f->at + 1; i < f->out->words.count; i++)
        if (vp_word_is_vllm(f->out->words.at[i].text)) return true;
    return false;
}

static bool find_from(finder *f)
{
    take_assignments(f);
    while (here(f)) {
        if (take_vllm(f) || take_python(f)) return true;
        if (take_container(f)) {
            if (f->out->entry != VP_ENTRY_NONE || !here(f)) return true;
        } else if (!take_wrapper(f) && !take_shell(f)) {
            /* unknown programs may run vLLM too: what is named later is taken */
            bool later = later_vllm(f);
            if (!later) return take_bare(f);
            f->at++;
        }
        take_assignments(f);
    }
    return false;
}

bool vp_command_find(const vp_words *words, vp_arena *arena, vp_command_line *out, vp_remarks *remarks)
{
    memset(out, 0, sizeof *out);
    finder f = {.arena = arena, .out = out, .remarks = remarks};
    if (!set_words(&f, words)) return false;
    if (!find_from(&f) && !arena->exhausted) {
        vp_remark *remark =
            vp_remark_put(remarks, 0, VP_REMARK_not_vllm, "this command starts no vLLM server");
        vp_remark_fix(remarks, remark, "write: vllm serve MODEL ...");
    }
    return !arena->exhausted;
}

const char *vp_command_variable(const vp_command_line *line, const char *name)
{
    size_t length = strlen(name);
    for (uint32_t i = line->variable_count; i-- > 0;) { /* the last one counts */
        const char *text = line->variables[i].text;
        if (strncmp(text, name, length) == 0 && text[length] == '=') return text + length + 1;
    }
    return NULL;
}

bool vp_variable_is_secret(const char *text)
{
    static const char *const endings[] = {"TOKEN", "KEY", "SECRET", "PASSWORD", "PASSWD"};
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t n = strlen(endings[i]);
        if (length >= n && memcmp(text + length - n, endings[i], n) == 0) return true;
    }
    return false;
}
