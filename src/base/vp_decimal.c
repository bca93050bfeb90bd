/* SPDX-License-Identifier: Apache-2.0 */
#include "base/vp_decimal.h"

enum { MAX_DIGITS = 15 };

static double power_of_ten(unsigned n)
{
    double p = 1.0;
    while (n-- > 0) p *= 10.0; /* exact up to 10^22 */
    return p;
}

bool vp_decimal_parse(vp_str text, double *out)
{
    uint64_t digits = 0;
    unsigned count = 0, decimals = 0;
    bool point = false, any = false;
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9') return false;
        any = true;
        if ((count > 0 || c != '0') && ++count > MAX_DIGITS) return false;
        digits = digits * 10 + (uint64_t)(c - '0');
        if (point && ++decimals > MAX_DIGITS) return false;
    }
    if (!any) return false;
    *out = (double)digits / power_of_ten(decimals);
    return true;
}

bool vp_decimal_write(vp_writer *w, double value)
{
    if (!(value >= 0.0 && value < 1e9)) return false;
    for (unsigned decimals = 0; decimals <= MAX_DIGITS; decimals++) {
        double scaled = value * power_of_ten(decimals) + 0.5;
        if (scaled >= 9e15) break;
        uint64_t digits = (uint64_t)scaled;
        if ((double)digits / power_of_ten(decimals) == value) {
            vp_put_fixed(w, digits, decimals);
            return true;
        }
    }
    return false;
}

uint64_t vp_floor_times(uint64_t bytes, double factor)
{
    double product = (double)bytes * factor;
    return product >= 18446744073709549568.0 ? UINT64_MAX : product > 0.0 ? (uint64_t)product : 0;
}

uint64_t vp_ceil_times(uint64_t bytes, double factor)
{
    double product = (double)bytes * factor;
    uint64_t floor = vp_floor_times(bytes, factor);
    return floor < UINT64_MAX && (double)floor < product ? floor + 1 : floor;
}
