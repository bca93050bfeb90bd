/* SPDX-License-Identifier: Apache-2.0 */
/* cmocka with 64-bit and text comparisons that print both sides and name the case. */
#ifndef T_ASSERT_H
#define T_ASSERT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static inline void t_u64_at(const char *what, uint64_t got, uint64_t want, const char *file, int line)
{
    if (got == want) return;
    print_error("%s: got %llu, want %llu\n", what, (unsigned long long)got, (unsigned long long)want);
    _fail(file, line);
}

static inline void t_text_at(const char *what, const char *got, const char *want, const char *file, int line)
{
    if (got && want && strcmp(got, want) == 0) return;
    print_error("%s: got \"%s\", want \"%s\"\n", what, got ? got : "(null)", want ? want : "(null)");
    _fail(file, line);
}

static inline void t_contains_at(const char *text, const char *part, const char *file, int line)
{
    if (text && strstr(text, part)) return;
    print_error("\"%s\" does not contain \"%s\"\n", text ? text : "(null)", part);
    _fail(file, line);
}

#define t_u64(got, want) t_u64_at(#got, (got), (want), __FILE__, __LINE__)
#define t_u64_case(what, got, want) t_u64_at((what), (got), (want), __FILE__, __LINE__)
#define t_text(got, want) t_text_at(#got, (got), (want), __FILE__, __LINE__)
#define t_contains(text, part) t_contains_at((text), (part), __FILE__, __LINE__)

#endif
