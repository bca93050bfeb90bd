/* SPDX-License-Identifier: Apache-2.0 */
/* The parts that a log is read with. Whole logs: tests/diagnose. */
#include "../support/t_assert.h"

#include "data/steps.h"
#include "diagnose/diagnose.h"
#include "diagnose/log_args.h"
#include "diagnose/redact.h"

static char room[1 << 20];
static vp_arena arena;
static vp_diagnosis diagnosis;

static vp_printed size_of(const char *text, uint64_t unit)
{
    vp_printed out = {0};
    vp_str rest = vp_str_from(text);
    assert_true(vp_take_size(&rest, unit, 2, &out));
    return out;
}

static void sizes_are_the_nearest_byte_of_what_was_printed(void **state)
{
    (void)state;
    t_u64(size_of("15.27", VP_GIB).bytes, 16396037652); /* 15.27 * 2^30 = 16396037652.48 */
    t_u64(size_of("15.27", VP_GIB).half, 5368710);      /* 0.005 * 2^30 = 5368709.12, rounded up */
    t_u64(size_of("14.9888", VP_GIB).half, 53688);      /* 0.00005 * 2^30 */
    t_u64(size_of("8.4", VP_GIB).half, 5368710);        /* format_gib() drops the zero of 8.40 */
    t_u64(size_of("14.81 MiB", 0).bytes, 15529411);     /* 14.81 * 2^20 = 15529410.56 */
    t_u64(size_of("23.46GiB", 0).bytes, 25189983191);   /* 23.46 * 2^30 = 25189983191.04 */
    t_u64(size_of("512 bytes", 0).bytes, 512);
    t_u64(size_of("5015928832", 1).half, 0);
    assert_true(size_of("-0.41", VP_GIB).negative);
    t_u64(size_of("-0.41", VP_GIB).bytes, 440234148); /* 0.41 * 2^30 = 440234147.84 */
    assert_false(size_of("-0.0", VP_GIB).negative);
    t_u64(size_of("99999999999999999999", VP_GIB).bytes, UINT64_MAX); /* saturates, never wraps */
}

static void numbers_need_a_digit_and_a_unit(void **state)
{
    (void)state;
    static const char *const none[] = {"", "-", ".5 MiB", "GiB", "nan", "12 apples", "12"};
    vp_printed out;
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        vp_str text = vp_str_from(none[i]);
        assert_false(vp_take_size(&text, 0, 2, &out));
        t_u64(text.length, strlen(none[i]));
    }
    uint64_t count;
    vp_str text = vp_str_from("1,277,184 tokens");
    assert_true(vp_take_count(&text, &count));
    t_u64(count, 1277184);
    text = vp_str_from("12, 13");
    assert_true(vp_take_count(&text, &count));
    t_u64(count, 12);
    text = vp_str_from("24.96x");
    assert_true(vp_take_permille(&text, &count));
    t_u64(count, 24960);
}

static vp_log_reader reader;

static vp_log_line first_line(const char *text)
{
    vp_log_line line;
    vp_log_open(&reader, vp_str_from(text));
    assert_true(vp_log_next(&reader, &line));
    return line;
}

static void what_is_around_a_message_is_taken_off(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "the message",
        "INFO 02-10 11:02:51 model_runner.py:1099] the message",
        "INFO 11-25 07:41:02 [gpu_worker.py:298] the message",
        "\033[32mINFO\033[0m \033[90m11-25 07:41:02\033[0m \033[90m[gpu_worker.py:298]\033[0m the message",
        "\033[0;36m(EngineCore pid=90)\033[0;0m INFO 11-25 07:41:02 [gpu_worker.py:298] the message",
        "vllm-1  | INFO 11-25 07:41:02 [gpu_worker.py:298] the message",
        "2026-09-30T12:00:01.482910233Z stderr F (APIServer pid=1) INFO 11-25 07:41:02 [a.py:1] the message",
        "2026-09-30T12:00:01.482910233Z the message",
        "Sep 14 08:01:12 box vllm[4242]: INFO 11-25 07:41:02 [gpu_worker.py:298] the message",
        "Sep  4 08:01:12 box vllm[4242]: the message",
        "[pod/vllm-0/server] (Worker_TP1 pid=7) the message",
        "[rank1]: the message",
        "{\"log\":\"INFO 11-25 07:41:02 [gpu_worker.py:298] the message\\n\",\"stream\":\"stderr\"}",
        "{\"log\":\"\\u001b[32mINFO\\u001b[0m 11-25 07:41:02 [a.py:1] the message\\n\"}",
        "{\"levelname\": \"INFO\", \"message\": \"the message\"}",
        "the message\r",
        "   0%|   |\rthe message",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        vp_log_line line = first_line(lines[i]);
        if (i + 1 == sizeof lines / sizeof lines[0]) assert_true(vp_log_next(&reader, &line));
        char text[64] = "";
        memcpy(text, line.text.at, line.text.length < 63 ? line.text.length : 63);
        t_text(text, "the message");
    }
}

static void lines_are_counted_as_an_editor_does(void **state)
{
    (void)state;
    vp_log_line line;
    vp_log_open(&reader, vp_str_from("one\n\n\n1%\r2%\rfour\nfive"));
    for (size_t i = 0; i < 4; i++) assert_true(vp_log_next(&reader, &line));
    t_u64(line.number, 4);
    assert_true(vp_log_next(&reader, &line));
    t_u64(line.number, 5);
    assert_false(vp_log_next(&reader, &line));
}

static void names_of_processes_tell_the_rank(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        vp_log_process process;
        int dp, pp, tp, rank;
        uint64_t pid;
    } rows[] = {
        {"(VllmWorker rank=1 pid=12) x", VP_PROCESS_WORKER, -1, -1, -1, 1, 12},
        {"(VllmWorkerProcess pid=4194304) x", VP_PROCESS_WORKER, -1, -1, -1, -1, 4194304},
        {"(VllmWorker TP3 pid=12) x", VP_PROCESS_WORKER, 0, 0, 3, -1, 12},
        {"(Worker_TP1 pid=12) x", VP_PROCESS_WORKER, 0, 0, 1, -1, 12},
        {"(Worker_DP2_PP1_TP0_EP4 pid=12) x", VP_PROCESS_WORKER, 2, 1, 0, -1, 12},
        {"(Worker_PP1_DCP2 pid=12) x", VP_PROCESS_WORKER, 0, 1, 0, -1, 12},
        {"(Worker pid=12) x", VP_PROCESS_WORKER, -1, -1, -1, -1, 12},
        {"(EngineCore_DP1 pid=12) x", VP_PROCESS_ENGINE, 1, -1, -1, -1, 12},
        {"(EngineCore_0 pid=12) x", VP_PROCESS_ENGINE, -1, -1, -1, -1, 12},
        {"(APIServer pid=12) x", VP_PROCESS_SERVER, -1, -1, -1, -1, 12},
        {"(RayWorkerWrapper pid=2771, ip=10.1.0.4) x", VP_PROCESS_WORKER, -1, -1, -1, -1, 2771},
        {"(someone pid=12) x", VP_PROCESS_MAIN, -1, -1, -1, -1, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        vp_log_origin o = first_line(rows[i].text).origin;
        assert_int_equal(o.process, rows[i].process);
        assert_int_equal(o.dp, rows[i].dp);
        assert_int_equal(o.pp, rows[i].pp);
        assert_int_equal(o.tp, rows[i].tp);
        assert_int_equal(o.rank, rows[i].rank);
        t_u64_case(rows[i].text, o.pid, rows[i].pid);
    }
}

static const char *redacted(const char *text, uint32_t *count)
{
    vp_writer w;
    vp_writer_start(&w, room, sizeof room);
    *count = vp_redact(vp_str_from(text), &w);
    return room;
}

static void secrets_are_masked_and_counted(void **state)
{
    (void)state;
    static const struct {
        const char *text, *masked;
        uint32_t count;
    } rows[] = {
        {"--api-key abc --port 8000", "--api-key *** --port 8000", 1},
        {"--api-key=abc", "--api-key=***", 1},
        {"'api_key': ['a b', 'c'], 'host': 'h'", "'api_key': ['***], 'host': 'h'", 1},
        {"VLLM_API_KEY=abc;x", "VLLM_API_KEY=***;x", 1},
        {"{\"password\": \"a, b\"}", "{\"password\": \"***\"}", 1},
        {"Authorization: Bearer abc.def", "Authorization: Bearer ***", 1},
        {"token hf_ABCDEFGHIJKLMNOPQRSTUVWXYZ was", "token *** was", 1},
        {"https://user:pw@host/x", "https://***@host/x", 1},
        {"https://host:8000/x@y", "https://host:8000/x@y", 0},
        {"'api_key': None, 'hf_token': None", "'api_key': None, 'hf_token': None", 0},
        {"'api_key': '***'", "'api_key': '***'", 0},
        {"max_num_batched_tokens=2048 pad_token: '<pad>'", "max_num_batched_tokens=2048 pad_token: '<pad>'",
         0},
        {"hf_hub_download_timeout_seconds=10 hf_overrides={}",
         "hf_hub_download_timeout_seconds=10 hf_overrides={}", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t count;
        t_text(redacted(rows[i].text, &count), rows[i].masked);
        t_u64_case(rows[i].text, count, rows[i].count);
    }
}

static void settings_are_read_as_python_prints_them(void **state)
{
    (void)state;
    static vp_settings settings;
    const char *model = NULL;
    memset(&settings, 0, sizeof settings);
    vp_arena_start(&arena, room, sizeof room);
    vp_log_take_args(
        vp_str_from(
            "'model_tag': 'org/it\\'s', 'compilation_config': {'a': [1, 2], 'b': {'max_num_seqs': 9}}, "
            "'max_num_seqs': 64, 'enforce_eager': True, 'quantization': None, "
            "'gpu_memory_utilization': 0.9, 'model': 'other'}"),
        true, &arena, &settings, &model);
    t_text(model, "org/it\\'s"); /* the positional one, as it was printed */
    t_u64(settings.count, 3);
    t_u64(vp_settings_u64(&settings, "max_num_seqs", 0), 64);
    t_text(vp_settings_text(&settings, "enforce_eager"), "true");
    t_text(vp_settings_text(&settings, "gpu_memory_utilization"), "0.9");
    /* the engine's config fills in what the arguments did not say */
    vp_log_take_args(vp_str_from("model='x', dtype=torch.bfloat16, max_seq_len=4096, max_num_seqs=1, "
                                 "quantization=fp8, load_format=LoadFormat.AUTO, kv_cache_dtype='fp"),
                     false, &arena, &settings, &model);
    t_text(vp_settings_text(&settings, "dtype"), "bfloat16");
    t_u64(vp_settings_u64(&settings, "max_model_len", 0), 4096);
    t_u64(vp_settings_u64(&settings, "max_num_seqs", 0), 64);
    t_text(vp_settings_text(&settings, "quantization"), "fp8");
}

/** The row's own text with something in each hole has to lead back to the row: a misspelled hole never
 *  fills, and a row behind a more general one is never reached. */
static bool is_found(const vp_pattern *row)
{
    static const char *const with_unit[] = {"%tried%", "%card%", "%left_size%"};
    char text[2048];
    vp_pattern_index index;
    vp_log_match match;
    vp_writer w;
    vp_pattern_index_make(&index);
    vp_writer_start(&w, text, sizeof text);
    for (const char *s = row->text; *s; s += *s == '%' ? strcspn(s + 1, "%") + 2 : 1) {
        bool unit = false;
        for (size_t i = 0; i < sizeof with_unit / sizeof with_unit[0]; i++)
            unit = unit || strncmp(s, with_unit[i], strlen(with_unit[i])) == 0;
        if (*s != '%')
            vp_put_char(&w, *s);
        else
            vp_put(&w, unit ? "7 MiB" : "7");
    }
    vp_str rest = {text, w.length};
    while (vp_pattern_find(&index, &rest, &match))
        if (match.pattern == row) return true;
    return false;
}

static void rows_are_sound(void **state)
{
    (void)state;
    vp_release release;
    const vp_pattern *row;
    size_t classes_used = 0;
    for (size_t i = 0; (row = vp_pattern_at(i)) != NULL; i++) {
        if (row->text[0] == '%' || !row->source[0])
            fail_msg("row %zu begins with a hole or has no source", i);
        if (row->from && !vp_release_parse(vp_str_from(row->from), &release)) fail_msg("row %zu: from", i);
        if (row->to && !vp_release_parse(vp_str_from(row->to), &release)) fail_msg("row %zu: to", i);
        if (row->step && !vp_step_at(vp_step_place(row->step))) fail_msg("row %zu: step %s", i, row->step);
        if (row->kind == VP_PATTERN_FAILURE && !vp_failure_class_find(row->name))
            fail_msg("row %zu: class %s", i, row->name);
        if (!is_found(row)) fail_msg("row %zu is never found: %s", i, row->text);
    }
    for (size_t i = 0; vp_failure_class_at(i); i++) {
        bool used = false;
        for (size_t k = 0; (row = vp_pattern_at(k)) != NULL; k++)
            used = used ||
                   (row->kind == VP_PATTERN_FAILURE && strcmp(row->name, vp_failure_class_at(i)->name) == 0);
        if (!used) fail_msg("class %s has no row", vp_failure_class_at(i)->name);
        classes_used++;
    }
    assert_true(classes_used > 20);
}

static const vp_diagnosis *diagnose(const char *log)
{
    vp_arena_start(&arena, room, sizeof room);
    vp_diagnose(vp_str_from(log), &arena, &diagnosis);
    return &diagnosis;
}

static void the_sharper_of_two_roundings_stays(void **state)
{
    (void)state;
    const char *log = "Model loading took 15.2683 GiB and 3 seconds\n"
                      "torch peak memory increase: 1.20GiB; non-torch forward increase memory: 0.05GiB; "
                      "weights memory: 15.27GiB.\n";
    const vp_printed *sizes = diagnose(log)->start.ranks[0].sizes;
    t_u64(sizes[VP_SIZE_WEIGHTS].bytes, 16394212291); /* 15.2683 * 2^30 = 16394212291.38 */
    /* another value is not a rounding of the first, so it replaces it */
    sizes = diagnose("Model loading took 15.2683 GiB\nModel loading took 9.5 GiB\n")->start.ranks[0].sizes;
    t_u64(sizes[VP_SIZE_WEIGHTS].bytes, 10200547328); /* 9.5 * 2^30 */
}

static void every_rank_is_kept_and_more_do_no_harm(void **state)
{
    (void)state;
    static char log[1 << 16];
    vp_writer w;
    vp_writer_start(&w, log, sizeof log);
    for (unsigned i = 0; i < 100; i++)
        vp_put_format(&w, "(Worker_TP%u pid=%u) Model loading took %u.5 GiB memory and 1 seconds\n", 99 - i,
                      1000 + i, i);
    const vp_log_start *start = &diagnose(log)->start;
    t_u64(start->rank_count, VP_MAX_LOG_RANKS);
    for (uint32_t i = 1; i < start->rank_count; i++)
        assert_true(start->ranks[i - 1].origin.tp < start->ranks[i].origin.tp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_the_nearest_byte_of_what_was_printed),
        cmocka_unit_test(numbers_need_a_digit_and_a_unit),
        cmocka_unit_test(what_is_around_a_message_is_taken_off),
        cmocka_unit_test(lines_are_counted_as_an_editor_does),
        cmocka_unit_test(names_of_processes_tell_the_rank),
        cmocka_unit_test(secrets_are_masked_and_counted),
        cmocka_unit_test(settings_are_read_as_python_prints_them),
        cmocka_unit_test(rows_are_sound),
        cmocka_unit_test(the_sharper_of_two_roundings_stays),
        cmocka_unit_test(every_rank_is_kept_and_more_do_no_harm),
    };
    return cmocka_run_group_tests_name("diagnose", tests, NULL, NULL);
}
