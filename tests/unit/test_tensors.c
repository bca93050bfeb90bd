/* SPDX-License-Identifier: Apache-2.0 */
#include "../support/t_assert.h"

#include <stdlib.h>

#include "hf/tensors.h"

typedef struct taken {
    char names[512]; /* "name dtype [2,3] bytes; " of all tensors */
    vp_writer w;
    uint64_t count, stop_at;
} taken;

static bool take(void *context, const vp_tensor *tensor, vp_error *error)
{
    taken *t = context;
    if (++t->count == t->stop_at) return vp_fail(error, VLLMPLAN_E_LIMIT, "", "enough");
    vp_put_format(&t->w, "%.*s %s [", (int)tensor->name.length, tensor->name.at,
                  vp_dtype_name(tensor->dtype));
    for (uint32_t i = 0; i < tensor->dimensions; i++)
        vp_put_format(&t->w, i ? ",%llu" : "%llu", (unsigned long long)tensor->shape[i]);
    vp_put_format(&t->w, "] %llu; ", (unsigned long long)tensor->bytes);
    return true;
}

/** Scans a copy without a NUL, so that a read past the end is seen by the sanitizer. */
static bool scan(const char *header, uint64_t data, taken *t, vp_error *error)
{
    size_t n = strlen(header);
    char *copy = malloc(n ? n : 1);
    memset(t, 0, sizeof *t);
    vp_writer_start(&t->w, t->names, sizeof t->names);
    vp_error_start(error);
    memcpy(copy, header, n);
    bool ok = vp_tensors_scan((vp_str){copy, n}, data, "model.safetensors", take, t, error);
    free(copy);
    return ok;
}

#define T(dtype, shape, begin, end)                                                                          \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" #begin "," #end "]}"

static void good_headers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint64_t data;
        const char *want;
    } cases[] = {
        {"{}", 0, ""},
        {"{\"__metadata__\":{\"format\":\"pt\"}}   ", 0, ""},
        {"{\"__metadata__\":{},\"a\":" T("BF16", "[2,3]", 0, 12) "}", 12, "a bfloat16 [2,3] 12; "},
        /* a scalar has an empty shape; an empty tensor spans nothing */
        {"{\"s\":" T("F32", "[]", 0, 4) ",\"e\":" T("F32", "[0,7]", 4, 4) "}", 4,
         "s float32 [] 4; e float32 [0,7] 0; "},
        /* the order of members and of tensors is free, white space too */
        {"{ \"b\" : { \"data_offsets\" : [ 4 , 8 ] , \"shape\":[4],\"dtype\":\"U8\" } ,\n\t\"a\":" T(
             "U8", "[4]", 0, 4) "}",
         8, "b uint8 [4] 4; a uint8 [4] 4; "},
        /* 5 values of 4 bits fill 2.5 bytes: the last byte is filled up */
        {"{\"f\":" T("F4", "[6]", 0, 3) "}", 3, "f float4_e2m1fn_x2 [6] 3; "},
        /* a dtype of a later safetensors: its size is that of the offsets */
        {"{\"n\":" T("F6_E2M3", "[4]", 0, 3) "}", 3, "n unknown [4] 3; "},
        {"{\"a\\u0062\\n\\/\\ud83d\\ude00\":" T("U8", "[1]", 0, 1) "}", 1,
         "ab\n/\xF0\x9F\x98\x80 uint8 [1] 1; "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        taken t;
        vp_error error;
        if (!scan(cases[i].header, cases[i].data, &t, &error))
            fail_msg("%s: %s", cases[i].header, error.message);
        t_text(t.names, cases[i].want);
    }
}

static void bad_headers_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint64_t data;
        const char *says;
    } cases[] = {
        {"", 0, "does not begin with {"},
        {" {}", 0, "does not begin with {"},
        {"[]", 0, "does not begin with {"},
        {"{", 0, "a name that is not a text"},
        {"{}x", 0, "something stands behind its end"},
        {"{\"a\"}", 0, "no colon"},
        {"{\"a\":1}", 0, "\"a\" is not described by an object"},
        {"{\"a\":{}}", 0, "cannot be read"},
        {"{\"a\":" T("U8", "[1]", 0, 1) ",}", 1, "a name that is not a text"},
        {"{\"a\":" T("U8", "[1]", 0, 1), 1, "no comma or }"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1]}}", 1, "lacks dtype, shape or data_offsets"},
        {"{\"a\":{\"dtype\":\"U8\",\"dtype\":\"U8\"}}", 1, "a member twice"},
        {"{\"a\":{\"type\":\"U8\"}}", 1, "a member other than"},
        {"{\"a\":{\"dtype\":8}}", 1, "a dtype that is not"},
        {"{\"a\":" T("U8", "[-1]", 0, 1) "}", 1, "not a whole number"},
        {"{\"a\":" T("U8", "[1.0]", 0, 1) "}", 1, "without an end"},
        {"{\"a\":" T("U8", "[01]", 0, 1) "}", 1, "not a whole number"},
        {"{\"a\":" T("U8", "[99999999999999999999]", 0, 1) "}", 1, "not a whole number"},
        {"{\"a\":" T("U8", "[1,1,1,1,1,1,1,1,1]", 0, 1) "}", 1, "too many dimensions"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0]}}", 1, "two data_offsets"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[2,1]}}", 1, "ends before it begins"},
        {"{\"a\":" T("BF16", "[2,3]", 0, 11) "}", 11, "spans 11 bytes, its shape needs 12"},
        /* 2^32 * 2^32 does not fit: never a small product */
        {"{\"a\":" T("U8", "[4294967296,4294967296]", 0, 0) "}", 0, "spans 0 bytes"},
        {"{\"a\":" T("U8", "[4]", 0, 4) ",\"b\":" T("U8", "[4]", 3, 7) "}", 7, "\"b\" overlaps another"},
        {"{\"a\":" T("U8", "[4]", 0, 4) ",\"b\":" T("U8", "[4]", 5, 9) "}", 9, "\"b\" leaves a gap"},
        {"{\"a\":" T("U8", "[4]", 0, 4) ",\"a\":" T("U8", "[4]", 4, 8) "}", 8,
         "\"a\" stands in the header twice"},
        {"{\"a\":" T("U8", "[4]", 0, 4) ",\"\\u0061\":" T("U8", "[4]", 4, 8) "}", 8,
         "\"a\" stands in the header twice"},
        {"{\"a\":" T("U8", "[4]", 0, 4) "}", 3, "1 bytes shorter than its header says"},
        {"{\"a\":" T("U8", "[4]", 0, 4) "}", 6, "2 bytes behind the last tensor"},
        {"{\"__metadata__\":{\"a\":1}}", 0, "other than texts"},
        {"{\"__metadata__\":{},\"__metadata__\":{}}", 0, "stands there twice"},
        {"{\"a\\u0000\":" T("U8", "[1]", 0, 1) "}", 1, "a name that is not a text"},
        {"{\"\\ud800\":" T("U8", "[1]", 0, 1) "}", 1, "a name that is not a text"},
        {"{\"a\\x\":" T("U8", "[1]", 0, 1) "}", 1, "a name that is not a text"},
        {"{\"a\xFF\":" T("U8", "[1]", 0, 1) "}", 1, "not UTF-8"},
        {"{\"a\n\":" T("U8", "[1]", 0, 1) "}", 1, "a name that is not a text"},
        {"{\"a", 1, "a name that is not a text"},
        {"{\"a\\", 1, "a name that is not a text"},
        {"{\"a\\u00", 1, "a name that is not a text"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        taken t;
        vp_error error;
        if (scan(cases[i].header, cases[i].data, &t, &error)) fail_msg("%s was taken", cases[i].header);
        t_u64_case(cases[i].header, (uint64_t)-error.code, (uint64_t)-VLLMPLAN_E_CHECKPOINT);
        t_contains(error.message, "model.safetensors: ");
        t_contains(error.message, cases[i].says);
    }
}

/** Whatever a header is cut to, the answer is an error and no read goes past the end. */
static void every_cut_is_refused(void **state)
{
    (void)state;
    const char *whole = "{\"__metadata__\":{\"k\":\"v\"},\"a\\u00e9\":" T("BF16", "[2,3]", 0, 12) "}";
    for (size_t n = 0; n < strlen(whole); n++) {
        char cut[256] = "";
        taken t;
        vp_error error;
        memcpy(cut, whole, n);
        if (scan(cut, 12, &t, &error)) fail_msg("the first %zu bytes were taken", n);
    }
}

static void long_names_are_limited(void **state)
{
    (void)state;
    static char header[2000];
    for (size_t length = VP_MAX_TENSOR_NAME; length <= VP_MAX_TENSOR_NAME + 1; length++) {
        taken t;
        vp_error error;
        memset(header, 'n', length + 2);
        header[0] = '{';
        header[1] = '"';
        strcpy(header + 2 + length, "\":" T("U8", "[1]", 0, 1) "}");
        assert_int_equal(scan(header, 1, &t, &error), length == VP_MAX_TENSOR_NAME);
    }
}

static void the_sink_can_stop(void **state)
{
    (void)state;
    const char *header = "{\"a\":" T("U8", "[1]", 0, 1) ",\"b\":" T("U8", "[1]", 1, 2) "}";
    taken t;
    vp_error error;
    vp_error_start(&error);
    memset(&t, 0, sizeof t);
    t.stop_at = 1;
    vp_writer_start(&t.w, t.names, sizeof t.names);
    assert_false(vp_tensors_scan(vp_str_from(header), 2, "f", take, &t, &error));
    t_text(error.message, "enough");
    t_u64(t.count, 1);
}

/** Enough tensors, in falling order, that both sorts and the growing list have work to do. */
static void many_tensors_are_sorted(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    static char header[COUNT * 100];
    taken t;
    vp_error error;
    vp_writer w;
    vp_writer_start(&w, header, sizeof header);
    for (unsigned i = COUNT; i-- > 0;)
        vp_put_format(&w, "%c\"t%u\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[%u,%u]}",
                      i == COUNT - 1 ? '{' : ',', i, 2 * i, 2 * i + 2);
    vp_put_char(&w, '}');
    assert_false(vp_writer_cut(&w));
    if (!scan(header, 2 * COUNT, &t, &error)) fail_msg("%s", error.message);
    t_u64(t.count, COUNT);
    header[w.length - 1] = ',';
    vp_put(&w, "\"t17\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[6000,6002]}}");
    assert_false(scan(header, 2 * COUNT + 2, &t, &error));
    t_contains(error.message, "\"t17\" stands in the header twice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_headers_are_read), cmocka_unit_test(bad_headers_are_refused),
        cmocka_unit_test(every_cut_is_refused),  cmocka_unit_test(long_names_are_limited),
        cmocka_unit_test(the_sink_can_stop),     cmocka_unit_test(many_tensors_are_sorted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
