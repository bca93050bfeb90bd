/* SPDX-License-Identifier: Apache-2.0 */
#include "data/gpus.h"

#include <string.h>

static const vp_gpu rows[] = {
#define GPU(...) {__VA_ARGS__},
#include "data/gpus.def"
#undef GPU
};

enum {
    COUNT = sizeof rows / sizeof rows[0],
    NAME_ROOM = 96, /* longer than any name that a driver prints */
    MOST_CANDIDATES = 16,
};

size_t vp_gpu_count(void) { return COUNT; }
const vp_gpu *vp_gpu_at(size_t index) { return index < COUNT ? &rows[index] : NULL; }

/** A name as letters and digits, in words separated by one space, without what drivers, shops and people
 *  add or leave out. */
typedef struct plain {
    char text[NAME_ROOM];
    size_t length;
} plain;

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }
static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_word_char(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || c == '+'; }

/** Words that say nothing about which card it is. They may also stand glued to the next word ("rtx3090"). */
static const char *const vendor_words[] = {
    "nvidia",   "geforce", "tesla", "quadro",   "rtx", "amd",        "radeon",
    "instinct", "intel",   "rx",    "graphics", "gpu", "generation",
};

/** Length of the vendor word at the start of a word; 0 when there is none. */
static size_t vendor_word(vp_str word)
{
    for (size_t i = 0; i < sizeof vendor_words / sizeof vendor_words[0]; i++) {
        size_t n = strlen(vendor_words[i]);
        if (!vp_str_starts(word, vendor_words[i])) continue;
        vp_str rest = {word.at + n, word.length - n};
        if (rest.length == 0 || is_digit(rest.at[0]) || vendor_word(rest) > 0) return n;
    }
    return 0;
}

static void add_word(plain *out, vp_str word)
{
    for (size_t n; word.length > 0 && (n = vendor_word(word)) > 0;) {
        word.at += n;
        word.length -= n;
    }
    if (word.length == 0) return;
    if (out->length > 0) out->text[out->length++] = ' ';
    memcpy(out->text + out->length, word.at, word.length);
    out->length += word.length;
}

/** False when the name is longer than any name of a card. */
static bool make_plain(vp_str name, plain *out)
{
    char word[NAME_ROOM];
    size_t length = 0;
    out->length = 0;
    if (name.length >= NAME_ROOM) return false;
    for (size_t i = 0; i <= name.length; i++) {
        vp_str rest = {name.at + i, name.length - i};
        if (i < name.length && is_word_char(name.at[i])) {
            word[length++] = lower(name.at[i]);
            continue;
        }
        add_word(out, (vp_str){word, length});
        length = 0;
        if (vp_str_starts(rest, "(R)")) i += 2;
        if (vp_str_starts(rest, "(TM)")) i += 3;
    }
    return true;
}

static vp_str plain_str(const plain *name) { return (vp_str){name->text, name->length}; }

static bool same_name(vp_str known, const plain *wanted)
{
    plain name;
    return make_plain(known, &name) && vp_name_equal(plain_str(&name), plain_str(wanted));
}

/** Takes the next '|'-separated name from *aliases. */
static bool next_alias(const char **aliases, vp_str *out)
{
    if (**aliases == '\0') return false;
    size_t n = strcspn(*aliases, "|");
    *out = (vp_str){*aliases, n};
    *aliases += n + ((*aliases)[n] == '|');
    return true;
}

static bool has_word(vp_str text, vp_str word)
{
    for (size_t i = 0; i + word.length <= text.length; i++) {
        bool starts = i == 0 || text.at[i - 1] == ' ';
        bool ends = i + word.length == text.length || text.at[i + word.length] == ' ';
        if (starts && ends && memcmp(text.at + i, word.at, word.length) == 0) return true;
    }
    return false;
}

/** How well a row answers to a name: its own name, a name that drivers print for it, a part of its names. */
typedef enum fit { FIT_NONE, FIT_PART, FIT_ALIAS, FIT_OWN } fit;

static bool has_all_words(const vp_gpu *gpu, const plain *wanted)
{
    plain names[3];
    vp_str alias = {"", 0};
    const char *aliases = gpu->aliases;
    next_alias(&aliases, &alias);
    make_plain(vp_str_from(gpu->key), &names[0]);
    make_plain(vp_str_from(gpu->name), &names[1]);
    make_plain(alias, &names[2]);
    for (size_t at = 0; at < wanted->length;) {
        vp_str word = {wanted->text + at, 0};
        while (at < wanted->length && wanted->text[at] != ' ') at++;
        word.length = (size_t)(wanted->text + at++ - word.at);
        if (!has_word(plain_str(&names[0]), word) && !has_word(plain_str(&names[1]), word) &&
            !has_word(plain_str(&names[2]), word))
            return false;
    }
    return wanted->length > 0;
}

static fit fit_of(const vp_gpu *gpu, const plain *wanted)
{
    if (same_name(vp_str_from(gpu->key), wanted) || same_name(vp_str_from(gpu->name), wanted)) return FIT_OWN;
    vp_str alias;
    for (const char *aliases = gpu->aliases; next_alias(&aliases, &alias);)
        if (same_name(alias, wanted)) return FIT_ALIAS;
    /* a slice of a card is only meant when the name says so */
    bool slice = strstr(gpu->key, "_mig_") != NULL;
    if (slice && !has_word(plain_str(wanted), vp_str_from("mig"))) return FIT_NONE;
    return has_all_words(gpu, wanted) ? FIT_PART : FIT_NONE;
}

/** Whether a card of this row can report that much: drivers and ECC move the figure by up to 8 percent. */
static bool size_fits(const vp_gpu *gpu, uint64_t total_bytes)
{
    uint64_t mib = total_bytes >> 20;
    uint64_t known = gpu->torch_mib ? gpu->torch_mib : gpu->driver_mib;
    if (known == 0) known = gpu->marketing_gb * 1024u;
    uint64_t gap = mib > known ? mib - known : known - mib;
    return gap <= known / 12;
}

typedef struct candidates {
    const vp_gpu *gpus[MOST_CANDIDATES];
    size_t count;
} candidates;

static void keep_sized(candidates *found, uint64_t total_bytes)
{
    candidates kept = {{NULL}, 0};
    for (size_t i = 0; i < found->count; i++)
        if (size_fits(found->gpus[i], total_bytes)) kept.gpus[kept.count++] = found->gpus[i];
    if (kept.count > 0) *found = kept;
}

static void collect(const plain *wanted, uint64_t total_bytes, candidates *found)
{
    fit best = FIT_PART;
    found->count = 0;
    for (size_t i = 0; i < COUNT; i++) {
        fit f = fit_of(&rows[i], wanted);
        /* the size decides between a row's own name and a variant that drivers call the same */
        if (f == FIT_OWN && total_bytes > 0 && !size_fits(&rows[i], total_bytes)) f = FIT_ALIAS;
        if (f < best || f == FIT_NONE) continue;
        if (f > best) found->count = 0;
        best = f;
        if (found->count < MOST_CANDIDATES) found->gpus[found->count++] = &rows[i];
    }
    if (total_bytes > 0) keep_sized(found, total_bytes);
}

static void refuse_unknown(vp_str name, const char *path, vp_error *error)
{
    vp_nearest nearest;
    vp_nearest_start(&nearest, name);
    for (size_t i = 0; i < COUNT; i++) {
        vp_nearest_offer(&nearest, rows[i].name);
        vp_nearest_offer(&nearest, rows[i].key);
    }
    vp_fail(error, VLLMPLAN_E_UNKNOWN_NAME, path, "no GPU is known by the name \"%.*s\"",
            name.length < NAME_ROOM ? (int)name.length : NAME_ROOM, name.at);
    vp_error_suggest(error, &nearest);
}

const vp_gpu *vp_gpu_find_sized(vp_str name, uint64_t total_bytes, const char *path, vp_error *error)
{
    plain wanted = {{0}, 0};
    candidates found = {{NULL}, 0};
    if (make_plain(name, &wanted)) collect(&wanted, total_bytes, &found);
    if (found.count == 1) return found.gpus[0];
    if (error->code != VLLMPLAN_OK) return NULL; /* an earlier error stays as it is */
    if (found.count == 0) {
        refuse_unknown(name, path, error);
        return NULL;
    }
    vp_fail(error, VLLMPLAN_E_AMBIGUOUS, path, "\"%.*s\" fits several cards: ", (int)name.length, name.at);
    vp_writer w = {error->message, sizeof error->message, strlen(error->message)};
    for (size_t i = 0; i < found.count; i++) vp_put_format(&w, "%s%s", i > 0 ? ", " : "", found.gpus[i]->key);
    return NULL;
}

const vp_gpu *vp_gpu_find(vp_str name, const char *path, vp_error *error)
{
    return vp_gpu_find_sized(name, 0, path, error);
}
