/* SPDX-License-Identifier: Apache-2.0 */
/* Names as drivers print them and as people type them; figures from public start logs. */
#include "../support/t_assert.h"
#include "data/gpus.h"

#define GIB(n) ((uint64_t)(n) << 30)

static void names_are_found(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
    } cases[] = {
        {"rtx_3090", "rtx_3090"},
        {"NVIDIA GeForce RTX 3090", "rtx_3090"},
        {"GeForce RTX 3090", "rtx_3090"},
        {"rtx3090", "rtx_3090"},
        {"RTX-3090", "rtx_3090"},
        {"3090", "rtx_3090"},
        {"3090 Ti", "rtx_3090_ti"},
        {"nvidiageforcertx3090", "rtx_3090"},
        {"NVIDIA GeForce RTX 4090", "rtx_4090"}, /* the modified one with 48 GB prints the same */
        {"NVIDIA A100-SXM4-80GB", "a100_80gb_sxm"},
        {"NVIDIA H100 80GB HBM3", "h100_80gb_sxm"},
        {"H100 80GB HBM3", "h100_80gb_sxm"},
        {"h100-sxm", "h100_80gb_sxm"},
        {"NVIDIA H100 PCIe", "h100_pcie"},
        {"H200", "h200"},
        {"L4", "l4"},
        {"L40S", "l40s"},
        {"t4", "t4"},
        {"RTX A6000", "rtx_a6000"},
        {"NVIDIA RTX 6000 Ada Generation", "rtx_6000_ada"},
        {"RTX 4060 Ti 16 GB", "rtx_4060_ti_16gb"},
        {"NVIDIA A100-SXM4-40GB MIG 1g.5gb", "a100_40gb_mig_1g_5gb"},
        {"AMD Instinct MI300X", "mi300x"},
        {"7900 XTX", "rx_7900_xtx"},
        {"Intel(R) Arc(TM) B580 Graphics", "arc_b580"},
        {"DGX Spark", "gb10_dgx_spark"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_error error;
        vp_error_start(&error);
        const vp_gpu *gpu = vp_gpu_find(vp_str_from(cases[i].name), "/gpus/0/name", &error);
        if (!gpu || strcmp(gpu->key, cases[i].key) != 0)
            fail_msg("\"%s\": %s", cases[i].name, gpu ? gpu->key : error.message);
    }
}

static void keys_and_names_lead_to_their_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < vp_gpu_count(); i++) {
        const vp_gpu *gpu = vp_gpu_at(i);
        vp_error error;
        vp_error_start(&error);
        assert_ptr_equal(vp_gpu_find(vp_str_from(gpu->key), "", &error), gpu);
        assert_ptr_equal(vp_gpu_find(vp_str_from(gpu->name), "", &error), gpu);
    }
    assert_null(vp_gpu_at(vp_gpu_count()));
}

static void expect_error(const char *name, int32_t code, const char *part)
{
    vp_error error;
    vp_error_start(&error);
    assert_null(vp_gpu_find(vp_str_from(name), "/gpus/0/name", &error));
    assert_int_equal(error.code, code);
    t_text(error.path, "/gpus/0/name");
    t_contains(error.message, part);
}

static void several_cards_are_listed(void **state)
{
    (void)state;
    expect_error("h100", VLLMPLAN_E_AMBIGUOUS, "h100_80gb_sxm, h100_pcie, h100_nvl");
    expect_error("A100", VLLMPLAN_E_AMBIGUOUS,
                 "a100_40gb_sxm, a100_40gb_pcie, a100_80gb_sxm, a100_80gb_pcie");
    expect_error("A100 80GB", VLLMPLAN_E_AMBIGUOUS, "a100_80gb_sxm, a100_80gb_pcie");
    expect_error("NVIDIA GeForce RTX 3080", VLLMPLAN_E_AMBIGUOUS, "rtx_3080_10gb, rtx_3080_12gb");
    expect_error("Orin", VLLMPLAN_E_AMBIGUOUS, "jetson_orin_nx_16gb");
}

static void unknown_cards_get_a_hint(void **state)
{
    (void)state;
    expect_error("RTX 3091", VLLMPLAN_E_UNKNOWN_NAME, "did you mean \"rtx_3090\"?");
    expect_error("", VLLMPLAN_E_UNKNOWN_NAME, "no GPU");
    expect_error("NVIDIA GeForce RTX", VLLMPLAN_E_UNKNOWN_NAME, "no GPU");
    expect_error("an accelerator whose name is much longer than the name of any card that a driver could "
                 "ever print, so that no room could hold it",
                 VLLMPLAN_E_UNKNOWN_NAME, "no GPU");
}

static void memory_tells_cards_of_one_name_apart(void **state)
{
    (void)state;
    static const struct {
        const char *name, *key;
        uint64_t bytes;
    } cases[] = {
        {"NVIDIA GeForce RTX 3080", "rtx_3080_10gb", GIB(10)},
        {"NVIDIA GeForce RTX 3080", "rtx_3080_12gb", GIB(12)},
        {"NVIDIA GeForce RTX 4090", "rtx_4090", GIB(24)},
        {"NVIDIA GeForce RTX 4090", "rtx_4090_48gb", GIB(48)},
        {"a100 sxm", "a100_40gb_sxm", (uint64_t)40437 << 20},
        {"NVIDIA H20", "h20_141gb", (uint64_t)143771 << 20},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        vp_error error;
        vp_error_start(&error);
        const vp_gpu *gpu = vp_gpu_find_sized(vp_str_from(cases[i].name), cases[i].bytes, "", &error);
        t_text(gpu ? gpu->key : error.message, cases[i].key);
    }
}

static const vp_gpu *card(const char *key)
{
    vp_error error;
    vp_error_start(&error);
    return vp_gpu_find(vp_str_from(key), "", &error);
}

static void figures_are_the_sightings(void **state)
{
    (void)state;
    /* torch 2.13 with CUDA 13.0 prints 24124 MiB; WSL2 prints 24575, one less than the driver: left out */
    const vp_gpu *gpu = card("rtx_3090");
    t_u64(gpu->torch_mib, 24124);
    t_u64(gpu->driver_mib, 24576);
    t_u64(gpu->free_mib, 23644); /* 23.09 GiB * 1024 = 23644.2 */
    t_u64(gpu->capability, 86);
    t_u64(gpu->multiprocessors, 82);
    assert_true(gpu->nvlink);
    t_u64(card("rtx_4090")->torch_mib, 24081);
    assert_false(card("rtx_4090")->nvlink);
    t_u64(card("h100_80gb_sxm")->torch_mib, 81079);   /* 79.179 GiB; 79.11 is of a card that is not named */
    t_u64(card("a40")->torch_mib, 45465);             /* 44.4 GiB with ECC, its usual state */
    t_u64(card("rtx_a5000")->torch_mib, 24248);       /* without ECC, its usual state */
    t_u64(card("rtx_3070")->torch_mib, 0);            /* never seen */
    t_u64(card("gb10_dgx_spark")->torch_mib, 124549); /* 121.63 GiB; 119.63 is of an older firmware */
    t_u64(card("l4")->free_mib, 0);                   /* the only sighting was taken before the context */
    t_u64(card("mi300x")->capability, 0);
}

static void figures_are_plausible(void **state)
{
    (void)state;
    for (size_t i = 0; i < vp_gpu_count(); i++) {
        const vp_gpu *gpu = vp_gpu_at(i);
        bool less = (!gpu->driver_mib || gpu->torch_mib <= gpu->driver_mib) &&
                    (!gpu->torch_mib || gpu->free_mib < gpu->torch_mib);
        bool sourced = !gpu->torch_mib || gpu->source[0] != '\0';
        bool capable = (strcmp(gpu->vendor, "nvidia") == 0) == (gpu->capability >= 60);
        if (!less || !sourced || !capable) fail_msg("%s", gpu->key);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_found),
        cmocka_unit_test(keys_and_names_lead_to_their_rows),
        cmocka_unit_test(several_cards_are_listed),
        cmocka_unit_test(unknown_cards_get_a_hint),
        cmocka_unit_test(memory_tells_cards_of_one_name_apart),
        cmocka_unit_test(figures_are_the_sightings),
        cmocka_unit_test(figures_are_plausible),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
