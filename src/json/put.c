/* SPDX-License-Identifier: Apache-2.0 */
#include "json/put.h"

#include <string.h>

#include "base/vp_int.h"
#include "launch/argv.h"
#include "launch/env.h"
#include "launch/values.h"
#include "json/json.h"

void vp_out_start(vp_out *out, vp_writer *w, vp_error *error)
{
    memset(out, 0, sizeof *out);
    out->w = w;
    out->error = error;
}

/** The pointer of the place inside the innermost level; returns its length. */
static size_t point(vp_out *out, const char *key)
{
    vp_writer path = {out->path, sizeof out->path, 0};
    if (out->depth == 0) {
        out->path[0] = '\0';
        return 0;
    }
    const vp_out_level *level = &out->levels[out->depth - 1];
    path.length = level->path_length;
    vp_put_char(&path, '/');
    if (key)
        vp_put(&path, key);
    else
        vp_put_u64(&path, level->items);
    return path.length;
}

/** What stands before a value: the comma and the member's name. */
static void lead(vp_out *out, const char *key)
{
    if (out->depth == 0) return;
    vp_out_level *level = &out->levels[out->depth - 1];
    if (key) {
        vp_json_put_key(out->w, &level->first, key);
        return;
    }
    if (!level->first) vp_put_char(out->w, ',');
    level->first = false;
}

static void count_item(vp_out *out)
{
    if (out->depth > 0) out->levels[out->depth - 1].items++;
}

static void open_level(vp_out *out, const char *key, char bracket, char close)
{
    size_t length = point(out, key);
    lead(out, key);
    count_item(out);
    vp_put_char(out->w, bracket);
    vp_out_level *level = &out->levels[out->depth++];
    level->close = close;
    level->first = true;
    level->items = 0;
    level->path_length = length;
}

void vp_out_object(vp_out *out, const char *key) { open_level(out, key, '{', '}'); }
void vp_out_list(vp_out *out, const char *key) { open_level(out, key, '[', ']'); }
void vp_out_end(vp_out *out) { vp_put_char(out->w, out->levels[--out->depth].close); }

/** A value whose text is JSON already. */
static void put_raw(vp_out *out, const char *key, const char *json)
{
    lead(out, key);
    count_item(out);
    vp_put(out->w, json);
}

void vp_out_text(vp_out *out, const char *key, const char *text)
{
    lead(out, key);
    count_item(out);
    vp_json_put_text(out->w, text);
}

void vp_out_bool(vp_out *out, const char *key, bool value) { put_raw(out, key, value ? "true" : "false"); }
void vp_out_null(vp_out *out, const char *key) { put_raw(out, key, "null"); }

void vp_out_u64(vp_out *out, const char *key, uint64_t value)
{
    if (value > VP_MAX_FIGURE) {
        point(out, key);
        if (out->error) vp_fail(out->error, VLLMPLAN_E_OVERFLOW, out->path, "the figure is above 2^53-1");
        vp_out_null(out, key);
        return;
    }
    lead(out, key);
    count_item(out);
    vp_put_u64(out->w, value);
}

void vp_out_figure(vp_out *out, const char *key, bool known, uint64_t value)
{
    if (known)
        vp_out_u64(out, key, value);
    else
        vp_out_null(out, key);
}

void vp_out_interval(vp_out *out, const char *key, bool known, const vp_interval *interval)
{
    if (!known) {
        vp_out_null(out, key);
        return;
    }
    vp_out_object(out, key);
    vp_out_u64(out, "low", interval->low);
    vp_out_u64(out, "likely", interval->likely);
    vp_out_u64(out, "high", interval->high);
    vp_out_end(out);
}

const char *vp_out_secret(const char *setting)
{
    const char *variable = vp_secret_variable(setting);
    return variable ? variable : setting;
}

/** Digits as JSON spells a number: no sign but '-', no leading zero, digits around the point. */
static bool is_json_number(const char *text)
{
    const char *first = text[0] == '-' ? text + 1 : text;
    const char *point = strchr(first, '.');
    size_t last = strlen(text);
    if (!vp_text_is_float(vp_str_from(text)) || first[0] < '0' || first[0] > '9') return false;
    if (first[0] == '0' && first[1] >= '0' && first[1] <= '9') return false;
    return last < 64 && (!point || (point[1] >= '0' && point[1] <= '9'));
}

/** Exact in every reader: at most 2^53-1 on either side of zero. */
static bool is_safe_int(const char *text)
{
    uint64_t value;
    vp_str digits = vp_str_from(text[0] == '-' ? text + 1 : text);
    return is_json_number(text) && vp_str_to_u64(digits, &value) && value <= VP_MAX_FIGURE;
}

void vp_out_setting(vp_out *out, const char *name, const char *key, vp_value_kind kind, const char *text)
{
    bool raw = false;
    if (vp_launch_is_secret(name)) {
        vp_out_object(out, key);
        vp_out_text(out, "secret", vp_out_secret(name));
        vp_out_end(out);
        return;
    }
    if (!text || kind == VP_VALUE_NULL) {
        vp_out_null(out, key);
        return;
    }
    switch (kind) {
    case VP_VALUE_INT:
        raw = is_safe_int(text);
        break;
    case VP_VALUE_DECIMAL:
        raw = strpbrk(text, ".eE") ? is_json_number(text) : is_safe_int(text);
        break;
    case VP_VALUE_BOOL:
        raw = strcmp(text, "true") == 0 || strcmp(text, "false") == 0;
        break;
    case VP_VALUE_JSON:
        raw = vp_text_is_json(vp_str_from(text));
        break;
    case VP_VALUE_TEXT:
    case VP_VALUE_NULL:
        break;
    }
    if (raw)
        put_raw(out, key, text);
    else
        vp_out_text(out, key, text);
}

const char *vp_severity_name(vp_severity severity)
{
    static const char *const names[] = {[VP_INFO] = "info", [VP_WARNING] = "warning", [VP_SEVERE] = "error"};
    return names[severity];
}

/* IEEE 754 binary64: a sign, 11 bits of exponent with a bias of 1023, 52 bits behind a hidden one. */
void vp_double_parts(double value, uint64_t *mantissa, int *exponent)
{
    _Static_assert(sizeof(double) == sizeof(uint64_t), "a double is IEEE 754 binary64");
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    int biased = (int)(bits >> 52 & 0x7ff);
    *mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (biased > 0) *mantissa |= (uint64_t)1 << 52;
    *exponent = (biased > 0 ? biased : 1) - 1075;
}

uint64_t vp_double_times(double value, uint64_t factor, int *half)
{
    uint64_t mantissa;
    int exponent;
    vp_double_parts(value, &mantissa, &exponent);
    uint64_t product = mantissa * factor; /* below 2^53 * 2^11 */
    *half = -1;
    if (exponent >= 0)
        return exponent > 10 || product > UINT64_MAX >> exponent ? UINT64_MAX : product << exponent;
    if (exponent < -63) {
        if (exponent == -64) *half = product > (uint64_t)1 << 63 ? 1 : product == (uint64_t)1 << 63 ? 0 : -1;
        return 0;
    }
    unsigned shift = (unsigned)-exponent;
    uint64_t rest = product & (((uint64_t)1 << shift) - 1), middle = (uint64_t)1 << (shift - 1);
    *half = rest > middle ? 1 : rest == middle ? 0 : -1;
    return product >> shift;
}
