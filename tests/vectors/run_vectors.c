/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the vector files through the public API, like a stranger. argv: the folder of model directories, then
 * the files. Prints every case that differs and ends with cmocka's closing lines. */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <vllmplan/vllmplan.h>

#include "../support/t_assert.h"

static const char *models;
static char **files;
static int file_count;

/** Steps from a value by one segment: a key, an index, or [key=text] for an element of a list. */
static json_t *step(json_t *value, const char *segment)
{
    char key[64], text[128];
    if (json_is_object(value)) return json_object_get(value, segment);
    if (sscanf(segment, "[%63[^=]=%127[^]]]", key, text) == 2) {
        size_t i;
        json_t *element;
        json_array_foreach(value, i, element)
        {
            const char *member = json_string_value(json_object_get(element, key));
            if (member && strcmp(member, text) == 0) return element;
        }
        return NULL;
    }
    return json_array_get(value, (size_t)strtoul(segment, NULL, 10));
}

static json_t *at(json_t *root, const char *pointer)
{
    char path[256];
    json_t *value = root;
    snprintf(path, sizeof path, "%s", pointer);
    for (char *segment = strtok(path, "/"); segment && value; segment = strtok(NULL, "/"))
        value = step(value, segment);
    return value;
}

/** The request's text with {models} replaced; *uses_files tells whether it was there. */
static char *request_text(json_t *request, int *uses_files)
{
    char *raw = json_dumps(request, JSON_COMPACT);
    char *hole = strstr(raw, "{models}");
    *uses_files = hole != NULL;
    if (!hole) return raw;
    size_t room = strlen(raw) + strlen(models) + 1;
    char *text = malloc(room);
    snprintf(text, room, "%.*s%s%s", (int)(hole - raw), raw, models, hole + strlen("{models}"));
    free(raw);
    return text;
}

static int differs(const char *name, const char *pointer, json_t *got, json_t *want, int part)
{
    const char *text = json_string_value(got);
    int same = part ? text && strstr(text, json_string_value(want)) != NULL : got && json_equal(got, want);
    if (same) return 0;
    char *a = got ? json_dumps(got, JSON_COMPACT | JSON_ENCODE_ANY) : NULL,
         *b = json_dumps(want, JSON_COMPACT | JSON_ENCODE_ANY);
    print_error("%s: %s is %s, expected %s%s\n", name, pointer, a ? a : "nowhere", part ? "to contain " : "",
                b);
    free(a);
    free(b);
    return 1;
}

static int check_error(const char *name, json_t *plan, json_t *want, int32_t status)
{
    json_t *error = json_object_get(plan, "error");
    int bad = differs(name, "/error/name", json_object_get(error, "name"), json_object_get(want, "code"), 0);
    bad += differs(name, "/error/path", json_object_get(error, "path"), json_object_get(want, "path"), 0);
    if (json_object_get(want, "contains"))
        bad += differs(name, "/error/message", json_object_get(error, "message"),
                       json_object_get(want, "contains"), 1);
    if (status != (int32_t)json_integer_value(json_object_get(error, "code")) || status >= 0) {
        print_error("%s: status %d does not match the error object\n", name, (int)status);
        bad++;
    }
    return bad;
}

static int run_case(json_t *vector)
{
    const char *name = json_string_value(json_object_get(vector, "name"));
    int uses_files, bad = 0;
    char *request = request_text(json_object_get(vector, "request"), &uses_files), *out = NULL;
    int32_t status =
        vllmplan_plan_json(request, strlen(request), uses_files ? VLLMPLAN_ALLOW_FILES : 0, &out, NULL);
    json_t *plan = out ? json_loads(out, 0, NULL) : NULL;
    json_t *want = json_object_get(vector, "error");
    if (!plan) {
        print_error("%s: no JSON came back (status %d)\n", name, (int)status);
        bad = 1;
    } else if (want) {
        bad = check_error(name, plan, want, status);
    } else if (status != VLLMPLAN_OK) {
        print_error("%s: %s\n", name, out);
        bad = 1;
    } else {
        const char *pointer;
        json_t *value;
        json_object_foreach(json_object_get(vector, "expect"), pointer, value) bad +=
            differs(name, pointer, at(plan, pointer), value, 0);
        json_object_foreach(json_object_get(vector, "contains"), pointer, value) bad +=
            differs(name, pointer, at(plan, pointer), value, 1);
    }
    json_decref(plan);
    vllmplan_free(out);
    free(request);
    return bad != 0;
}

static void every_vector_holds(void **state)
{
    (void)state;
    static char line[1 << 20];
    int cases = 0, bad = 0;
    for (int i = 0; i < file_count; i++) {
        FILE *f = fopen(files[i], "r");
        if (!f) fail_msg("%s: %s", files[i], strerror(errno));
        while (fgets(line, sizeof line, f)) {
            json_t *vector = json_loads(line, 0, NULL);
            if (!vector) fail_msg("%s: a line is not JSON", files[i]);
            bad += run_case(vector);
            cases++;
            json_decref(vector);
        }
        fclose(f);
    }
    print_message("%d vectors, %d differ\n", cases, bad);
    assert_true(cases > 100);
    assert_int_equal(bad, 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_vector_holds)};
    if (argc < 3) return 2;
    models = argv[1];
    files = argv + 2;
    file_count = argc - 2;
    return cmocka_run_group_tests_name("vectors", tests, NULL, NULL);
}
