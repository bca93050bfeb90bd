/* SPDX-License-Identifier: Apache-2.0 */
/* JSON text in, and the small pieces that every answer is written with. */
#include <string.h>

#include "hf/show.h"
#include "json/json.h"
#include "json/put.h"

/** The deepest nesting of lists and objects. Counted before jansson recurses into them; brackets inside of
 *  strings do not count. */
static bool too_deep(const char *text, size_t length)
{
    size_t depth = 0;
    bool inside = false;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (inside && c == '\\')
            i++;
        else if (c == '"')
            inside = !inside;
        else if (inside)
            continue;
        else if ((c == '{' || c == '[') && ++depth > VP_MAX_REQUEST_DEPTH)
            return true;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
    }
    return false;
}

static void fail_syntax(const json_error_t *problem, vp_error *error)
{
    vp_shown shown;
    const char *text = vp_show(&shown, vp_str_from(problem->text));
    switch (json_error_code(problem)) {
    case json_error_out_of_memory:
        vp_fail(error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
        break;
    case json_error_duplicate_key:
        vp_fail(error, VLLMPLAN_E_UNKNOWN_KEY, "", "%s (line %d, column %d)", text, problem->line,
                problem->column);
        break;
    case json_error_numeric_overflow:
        vp_fail(error, VLLMPLAN_E_RANGE, "", "%s (line %d, column %d)", text, problem->line, problem->column);
        break;
    default:
        vp_fail(error, VLLMPLAN_E_SYNTAX, "", "this is not JSON: %s (line %d, column %d)", text,
                problem->line, problem->column);
    }
}

void vp_json_seed(void)
{
    /* where the loader put the stack and the code differs from process to process */
    size_t here = (size_t)(uintptr_t)&here, there = (size_t)(uintptr_t)vp_json_seed;
    size_t mixed = (here >> 4) * 2654435761u ^ there * 40503u;
    json_object_seed(mixed | 1); /* 0 would mean: read /dev/urandom; a second call does nothing */
}

json_t *vp_json_parse(const char *text, size_t length, vp_error *error)
{
    json_error_t problem;
    if (length > VP_MAX_REQUEST_BYTES) {
        vp_fail(error, VLLMPLAN_E_LIMIT, "", "the request is longer than %zu bytes", VP_MAX_REQUEST_BYTES);
        return NULL;
    }
    if (!vp_utf8_valid((vp_str){text, length})) {
        vp_fail(error, VLLMPLAN_E_SYNTAX, "", "the request is not UTF-8");
        return NULL;
    }
    if (too_deep(text, length)) {
        vp_fail(error, VLLMPLAN_E_LIMIT, "", "the request is nested deeper than %d", VP_MAX_REQUEST_DEPTH);
        return NULL;
    }
    vp_json_seed();
    json_t *root = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &problem);
    if (!root) fail_syntax(&problem, error);
    return root;
}

/** Bytes of the UTF-8 sequence at the start of text; 0 when it is none. */
static size_t sequence(const char *text)
{
    unsigned char first = (unsigned char)text[0];
    size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    return memchr(text, '\0', length) == NULL && vp_utf8_valid((vp_str){text, length}) ? length : 0;
}

/** Messages are cut to fit, maybe inside of a character: what is broken becomes U+FFFD. */
static size_t put_character(vp_writer *w, const char *text)
{
    static const char digits[] = "0123456789abcdef";
    size_t length = sequence(text);
    if (length == 0) {
        vp_put(w, "\\ufffd");
        return 1;
    }
    char c = text[0];
    if (length > 1) {
        vp_put_str(w, (vp_str){text, length});
    } else if (c == '"' || c == '\\') {
        vp_put_char(w, '\\');
        vp_put_char(w, c);
    } else if (c == '\n') {
        vp_put(w, "\\n");
    } else if ((unsigned char)c < 0x20) {
        vp_put(w, "\\u00");
        vp_put_char(w, digits[c >> 4]);
        vp_put_char(w, digits[c & 15]);
    } else {
        vp_put_char(w, c);
    }
    return length;
}

void vp_json_put_text(vp_writer *w, const char *text)
{
    if (!text) {
        vp_put(w, "null");
        return;
    }
    vp_put_char(w, '"');
    while (*text) text += put_character(w, text);
    vp_put_char(w, '"');
}

void vp_json_put_key(vp_writer *w, bool *first, const char *key)
{
    if (!*first) vp_put_char(w, ',');
    *first = false;
    vp_json_put_text(w, key);
    vp_put_char(w, ':');
}

void vp_json_put_error(vp_writer *w, const vp_error *error)
{
    vp_put_format(w, "{\"error\":{\"code\":%d,\"name\":", (int)error->code);
    vp_json_put_text(w, vp_status_name(error->code));
    vp_put(w, ",\"path\":");
    vp_json_put_text(w, error->path);
    vp_put(w, ",\"message\":");
    vp_json_put_text(w, error->message);
    vp_put(w, "}}");
}
