/* SPDX-License-Identifier: Apache-2.0 */
/* The start logs of this folder through the public call, as they are and damaged. argv: this folder. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <vllmplan/vllmplan.h>

#include "../support/t_assert.h"

enum { MOST_LOGS = 256, MOST_BYTES = 1 << 16, DEFAULT_MUTATIONS = 400 };

typedef struct log_case {
    json_t *row;
    char *text;
    size_t length;
} log_case;

static const char *folder;
static log_case cases[MOST_LOGS];
static size_t case_count;

static char *load(const char *name, size_t *length)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) fail_msg("%s cannot be opened", path);
    char *text = malloc(MOST_BYTES);
    *length = fread(text, 1, MOST_BYTES, file);
    assert_true(*length < MOST_BYTES);
    text[*length] = '\0';
    fclose(file);
    return text;
}

static int load_cases(void **state)
{
    (void)state;
    size_t length;
    char *list = load("expected.jsonl", &length);
    for (char *line = strtok(list, "\n"); line; line = strtok(NULL, "\n")) {
        char name[300];
        assert_true(case_count < MOST_LOGS);
        log_case *c = &cases[case_count++];
        c->row = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        if (!c->row) fail_msg("a line is not JSON: %.60s", line);
        snprintf(name, sizeof name, "logs/%s", json_string_value(json_object_get(c->row, "log")));
        c->text = load(name, &c->length);
    }
    free(list);
    return 0;
}

static int free_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < case_count; i++) {
        json_decref(cases[i].row);
        free(cases[i].text);
    }
    return 0;
}

/** The library's answer to a log; NULL where it gave an error. *out is its text. */
static json_t *explain(const char *text, size_t length, const json_t *more, char **out)
{
    json_t *request = more ? json_deep_copy(more) : json_object();
    json_object_set_new(request, "log", json_stringn(text, length));
    char *dumped = json_dumps(request, JSON_COMPACT);
    int32_t status = vllmplan_explain_json(dumped, strlen(dumped), 0, out, NULL);
    free(dumped);
    json_decref(request);
    if (!*out) fail_msg("no answer, status %d", (int)status);
    json_t *answer = json_loads(*out, JSON_REJECT_DUPLICATES, NULL);
    if (!answer) fail_msg("the answer is not JSON: %s", *out);
    if (status == VLLMPLAN_OK) return answer;
    json_decref(answer);
    return NULL;
}

static const json_t *at(const json_t *value, const char *pointer)
{
    char path[256];
    snprintf(path, sizeof path, "%s", pointer);
    for (char *segment = strtok(path, "/"); segment && value; segment = strtok(NULL, "/"))
        value = json_is_array(value) ? json_array_get(value, (size_t)strtoul(segment, NULL, 10))
                                     : json_object_get(value, segment);
    return value;
}

static int differs(const log_case *c, const json_t *answer)
{
    const char *pointer;
    json_t *want;
    int bad = 0;
    json_object_foreach(json_object_get(c->row, "expect"), pointer, want)
    {
        const json_t *got = at(answer, pointer);
        if (got && json_equal(got, want)) continue;
        char *a = got ? json_dumps(got, JSON_ENCODE_ANY) : NULL, *b = json_dumps(want, JSON_ENCODE_ANY);
        print_error("%s: %s is %s, expected %s\n", json_string_value(json_object_get(c->row, "log")), pointer,
                    a ? a : "nowhere", b);
        free(a);
        free(b);
        bad++;
    }
    return bad;
}

static void every_log_says_what_it_says(void **state)
{
    (void)state;
    int bad = 0, from_rows = 0, before = 0;
    for (size_t i = 0; i < case_count; i++) {
        char *out;
        json_t *answer =
            explain(cases[i].text, cases[i].length, json_object_get(cases[i].row, "request"), &out);
        if (!answer) fail_msg("%s: %s", json_string_value(json_object_get(cases[i].row, "log")), out);
        bad += differs(&cases[i], answer) > 0;
        from_rows += json_object_get(cases[i].row, "row") != NULL;
        before += strcmp(json_string_value(json_object_get(cases[i].row, "written")), "before") == 0;
        json_decref(answer);
        vllmplan_free(out);
    }
    print_message("%zu logs, %d of measured starts, %d differ\n", case_count, from_rows, bad);
    assert_int_equal(bad, 0);
    assert_true(case_count >= 30 && from_rows >= 10 && (size_t)before * 2 >= case_count);
}

/** Whatever stands behind these words in the logs is a secret of theirs. */
static void no_secret_is_in_any_answer(void **state)
{
    (void)state;
    static const char *const canaries[] = {"anaryCanary", "canary", "CANARY"};
    for (size_t i = 0; i < case_count; i++) {
        char *out;
        json_decref(explain(cases[i].text, cases[i].length, NULL, &out));
        for (size_t k = 0; k < sizeof canaries / sizeof canaries[0]; k++)
            if (strstr(out, canaries[k])) fail_msg("%s is in: %s", canaries[k], out);
        vllmplan_free(out);
    }
}

/** xorshift: the same changes on every machine. */
static uint64_t next_random(void)
{
    static uint64_t seed = 0x9e3779b97f4a7c15u;
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static size_t below(size_t limit) { return limit > 0 ? (size_t)(next_random() % limit) : 0; }

/** One change of a text in `room`; returns its new length. */
static size_t change(char *text, size_t length, size_t room)
{
    static const char *const inserts[] = {"%",
                                          "{",
                                          "'",
                                          "\\u0000",
                                          " GiB",
                                          "-99999999999999999999.9",
                                          "\033[3",
                                          "(Worker_TP9 pid=",
                                          "\n",
                                          "{\"log\":\"\\u00",
                                          "://a:b",
                                          "'api_key': [",
                                          "Traceback (most recent call last):",
                                          "non-default args: {'model': {{{(",
                                          "18446744073709551615",
                                          "CUDA out of memory. "};
    size_t start = below(length), size = below(64);
    if (start + size > length) size = length - start;
    switch (below(6)) {
    case 0: /* another byte */
        if (length > 0) text[start] = (char)(1 + below(127));
        return length;
    case 1: /* cut off */
        return start;
    case 2: /* a hole */
        memmove(text + start, text + start + size, length - start - size);
        return length - size;
    case 3: { /* a piece twice */
        if (length + size > room) return length;
        memmove(text + start + size, text + start, length - start);
        return length + size;
    }
    case 4: { /* something that a reader might trip over */
        const char *insert = inserts[below(sizeof inserts / sizeof inserts[0])];
        size_t n = strlen(insert);
        if (length + n > room) return length;
        memmove(text + start + n, text + start, length - start);
        memcpy(text + start, insert, n);
        return length + n;
    }
    default: { /* the rest of another log */
        const log_case *other = &cases[below(case_count)];
        size_t from = below(other->length), n = other->length - from;
        if (start + n > room) n = room - start;
        memcpy(text + start, other->text + from, n);
        return start + n;
    }
    }
}

static void damaged_logs_are_answered_too(void **state)
{
    (void)state;
    static char text[MOST_BYTES];
    const char *wanted = getenv("VLLMPLAN_MUTATIONS");
    unsigned long count = wanted ? strtoul(wanted, NULL, 10) : DEFAULT_MUTATIONS, recognised = 0;
    for (unsigned long i = 0; i < count; i++) {
        const log_case *c = &cases[i % case_count];
        size_t length = c->length, changes = 1 + below(6);
        memcpy(text, c->text, length);
        while (changes-- > 0) length = change(text, length, sizeof text);
        /* a request is UTF-8, so what was cut inside of a character goes */
        for (size_t k = 0; k < length; k++)
            if ((unsigned char)text[k] >= 0x80 || text[k] == '\0') text[k] = '?';
        char *out;
        json_t *answer = explain(text, length, NULL, &out);
        if (!answer) fail_msg("change %lu: %s", i, out);
        const char *outcome = json_string_value(json_object_get(answer, "outcome"));
        assert_non_null(outcome);
        if (strcmp(outcome, "not_recognised") != 0) recognised++;
        assert_true(json_is_object(json_object_get(answer, "failure")) == (strcmp(outcome, "failed") == 0));
        json_decref(answer);
        vllmplan_free(out);
    }
    print_message("%lu damaged logs, %lu recognised\n", count, recognised);
    assert_true(recognised > count / 2);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_log_says_what_it_says),
        cmocka_unit_test(no_secret_is_in_any_answer),
        cmocka_unit_test(damaged_logs_are_answered_too),
    };
    if (argc < 2) return 2;
    folder = argv[1];
    return cmocka_run_group_tests_name("diagnose", tests, load_cases, free_cases);
}
