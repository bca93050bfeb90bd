/* SPDX-License-Identifier: Apache-2.0 */
#include "diagnose/log_numbers.h"

#include "base/vp_int.h"

enum { MOST_DECIMALS = 6 }; /* more are below a byte for GiB, and keep the product inside of 64 bits */

/** Digits around a point: whole + fraction / scale. */
typedef struct decimal {
    uint64_t whole, fraction, scale;
    unsigned decimals;
    bool negative;
} decimal;

static bool is_digit(vp_str text, size_t at)
{
    return at < text.length && text.at[at] >= '0' && text.at[at] <= '9';
}

static void skip(vp_str *text, size_t count)
{
    text->at += count;
    text->length -= count;
}

/** How many bytes of the text are the number; 0: none. */
static size_t read_decimal(vp_str text, decimal *out)
{
    size_t at = 0;
    *out = (decimal){.scale = 1};
    if (text.length > 0 && text.at[0] == '-') {
        out->negative = true;
        at++;
    }
    if (!is_digit(text, at)) return 0;
    for (; is_digit(text, at); at++)
        out->whole = vp_add(vp_mul(out->whole, 10), (uint64_t)(text.at[at] - '0'));
    if (at >= text.length || text.at[at] != '.' || !is_digit(text, at + 1)) return at;
    for (at++; is_digit(text, at); at++) {
        if (out->decimals == MOST_DECIMALS) continue;
        out->fraction = out->fraction * 10 + (uint64_t)(text.at[at] - '0');
        out->scale *= 10;
        out->decimals++;
    }
    return at;
}

/** The unit at the front of the text, as torch prints it (c10/cuda/CUDACachingAllocator.cpp:format_size). */
static size_t read_unit(vp_str text, uint64_t *bytes)
{
    static const struct {
        const char *name;
        uint64_t bytes;
    } units[] = {{"bytes", 1}, {"KiB", (uint64_t)1 << 10}, {"MiB", (uint64_t)1 << 20}, {"GiB", VP_GIB}};
    size_t blank = text.length > 0 && text.at[0] == ' ' ? 1 : 0;
    vp_str rest = {text.at + blank, text.length - blank};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (!vp_str_starts(rest, units[i].name)) continue;
        *bytes = units[i].bytes;
        return blank + vp_str_from(units[i].name).length;
    }
    return 0;
}

bool vp_take_size(vp_str *text, uint64_t unit, unsigned least_decimals, vp_printed *out)
{
    decimal d;
    size_t length = read_decimal(*text, &d);
    if (length == 0) return false;
    if (unit == 0) {
        size_t more = read_unit((vp_str){text->at + length, text->length - length}, &unit);
        if (more == 0) return false;
        length += more;
    }
    uint64_t finest = d.scale;
    for (unsigned i = d.decimals; i < least_decimals && i < MOST_DECIMALS; i++) finest *= 10;
    out->bytes = vp_add(vp_mul(d.whole, unit), (d.fraction * unit + d.scale / 2) / d.scale);
    out->half = unit == 1 ? 0 : vp_ceil_div(unit, 2 * finest);
    out->negative = d.negative && out->bytes > 0;
    out->known = true;
    skip(text, length);
    return true;
}

bool vp_take_count(vp_str *text, uint64_t *out)
{
    size_t at = 0;
    uint64_t value = 0;
    while (is_digit(*text, at) ||
           (at > 0 && at < text->length && text->at[at] == ',' && is_digit(*text, at + 1))) {
        if (text->at[at] != ',') value = vp_add(vp_mul(value, 10), (uint64_t)(text->at[at] - '0'));
        at++;
    }
    if (at == 0) return false;
    *out = value;
    skip(text, at);
    return true;
}

bool vp_take_permille(vp_str *text, uint64_t *out)
{
    decimal d;
    size_t length = read_decimal(*text, &d);
    if (length == 0 || d.negative) return false;
    *out = vp_add(vp_mul(d.whole, 1000), d.fraction * 1000 / d.scale);
    skip(text, length);
    return true;
}
