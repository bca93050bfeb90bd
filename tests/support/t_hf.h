/* SPDX-License-Identifier: Apache-2.0 */
/* A config.json read into facts, for tests of the hf room. */
#ifndef T_HF_H
#define T_HF_H

#include <stdlib.h>

#include "../support/t_assert.h"
#include "hf/hf.h"

/* vp_facts holds sets of 1024 layers: one for all tests, never on the stack */
static vp_facts facts;
static vp_error error;

static bool read_config(const char *text)
{
    size_t n = strlen(text);
    char *copy = malloc(n ? n : 1); /* no NUL behind it: the sanitizer sees a read too far */
    memcpy(copy, text, n);
    memset(&facts, 0, sizeof facts);
    vp_error_start(&error);
    bool ok = vp_hf_config((vp_str){copy, n}, "config.json", &facts, &error);
    free(copy);
    return ok;
}

static void must_read(const char *text)
{
    if (!read_config(text)) fail_msg("%s: %s", text, error.message);
}

static bool has_finding(const char *code)
{
    for (uint32_t i = 0; i < facts.finding_count; i++)
        if (strcmp(facts.findings[i].code, code) == 0) return true;
    return false;
}

#define SIZES                                                                                                \
    "\"hidden_size\":64,\"num_hidden_layers\":2,\"num_attention_heads\":8,\"intermediate_size\":96,\"vocab_" \
    "size\":100"
#define CONFIG(name, more) "{\"architectures\":[\"" name "\"]," SIZES more "}"

#endif
