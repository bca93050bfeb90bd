/* SPDX-License-Identifier: Apache-2.0 */
#include "hf/tensors.h"

#include <stdlib.h>
#include <string.h>

#include "base/vp_int.h"
#include "hf/lexer.h"
#include "hf/show.h"

/** What must be remembered of each tensor until the end, for overlaps and names given twice. */
typedef struct span {
    uint64_t begin, end;
    uint32_t name_at; /* where its name stands in the header; headers are smaller than 4 GiB */
    uint32_t hash;    /* of the unescaped name */
} span;

typedef struct scan {
    vp_lexer lexer;
    const char *file;
    vp_error *error;
    span *spans;
    size_t count, room;
    char name[VP_MAX_TENSOR_NAME];
    vp_tensor tensor;
    uint64_t begin, end;
} scan;

static bool damaged(scan *s, const char *what)
{
    return vp_fail(s->error, VLLMPLAN_E_CHECKPOINT, "", "%s: the tensor header is damaged: %s (byte %zu)",
                   s->file, what, s->lexer.at);
}

static bool bad_tensor(scan *s, const char *what)
{
    vp_shown name;
    return vp_fail(s->error, VLLMPLAN_E_CHECKPOINT, "", "%s: tensor \"%s\" %s", s->file,
                   vp_show(&name, s->tensor.name), what);
}

static uint32_t hash_name(vp_str name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name.length; i++) hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    return hash;
}

static bool remember(scan *s, size_t name_at)
{
    if (s->count == s->room) {
        size_t room = s->room == 0 ? 256 : s->room * 2;
        span *grown = realloc(s->spans, room * sizeof *grown);
        if (!grown) return vp_fail(s->error, VLLMPLAN_E_NO_MEMORY, "", "no memory");
        s->spans = grown;
        s->room = room;
    }
    span *one = &s->spans[s->count++];
    one->begin = s->begin;
    one->end = s->end;
    one->name_at = (uint32_t)name_at;
    one->hash = hash_name(s->tensor.name);
    return true;
}

/** A list of numbers: at most `room` of them. */
static bool read_numbers(scan *s, uint64_t *out, uint32_t room, uint32_t *count)
{
    *count = 0;
    if (!vp_lexer_take(&s->lexer, '[')) return bad_tensor(s, "has a shape or offsets that are not a list");
    if (vp_lexer_take(&s->lexer, ']')) return true;
    do {
        if (*count == room) return bad_tensor(s, "has too many dimensions or offsets");
        if (!vp_lexer_u64(&s->lexer, &out[*count]))
            return bad_tensor(s, "has a size or offset that is not a whole number");
        ++*count;
    } while (vp_lexer_take(&s->lexer, ','));
    return vp_lexer_take(&s->lexer, ']') || bad_tensor(s, "has a shape or offsets without an end");
}

static bool read_member(scan *s, char *dtype, size_t dtype_room, bool seen[3])
{
    static const char *const names[] = {"dtype", "shape", "data_offsets"};
    char key[16];
    size_t length;
    int which = 0;
    if (!vp_lexer_string(&s->lexer, key, sizeof key, &length) || !vp_lexer_take(&s->lexer, ':'))
        return bad_tensor(s, "has a member that cannot be read");
    while (which < 3 && !vp_str_equal((vp_str){key, length}, names[which])) which++;
    if (which == 3) return bad_tensor(s, "has a member other than dtype, shape, data_offsets");
    if (seen[which]) return bad_tensor(s, "has a member twice");
    seen[which] = true;
    if (which == 0) {
        s->tensor.dtype_text.at = dtype;
        if (!vp_lexer_string(&s->lexer, dtype, dtype_room, &s->tensor.dtype_text.length))
            return bad_tensor(s, "has a dtype that is not a short text");
        s->tensor.dtype = vp_dtype_from_file(s->tensor.dtype_text);
        return true;
    }
    if (which == 1) return read_numbers(s, s->tensor.shape, VP_MAX_DIMENSIONS, &s->tensor.dimensions);
    uint64_t offsets[2];
    uint32_t count;
    if (!read_numbers(s, offsets, 2, &count)) return false;
    if (count != 2) return bad_tensor(s, "does not have two data_offsets");
    s->begin = offsets[0];
    s->end = offsets[1];
    return s->begin <= s->end || bad_tensor(s, "ends before it begins");
}

static bool check_size(scan *s)
{
    vp_tensor *tensor = &s->tensor;
    tensor->elements = 1;
    for (uint32_t i = 0; i < tensor->dimensions; i++)
        tensor->elements = vp_mul(tensor->elements, tensor->shape[i]);
    tensor->bytes = s->end - s->begin;
    /* a dtype that a later safetensors knows has its size from the offsets */
    if (tensor->dtype == VP_DTYPE_NONE) return true;
    if (vp_dtype_bytes(tensor->dtype, tensor->elements) == tensor->bytes) return true;
    vp_shown name;
    return vp_fail(s->error, VLLMPLAN_E_CHECKPOINT, "",
                   "%s: tensor \"%s\" spans %llu bytes, its shape needs %llu", s->file,
                   vp_show(&name, tensor->name), (unsigned long long)tensor->bytes,
                   (unsigned long long)vp_dtype_bytes(tensor->dtype, tensor->elements));
}

static bool read_tensor(scan *s, size_t name_at, vp_tensor_sink sink, void *context)
{
    char dtype[32];
    bool seen[3] = {false, false, false};
    s->tensor.dtype = VP_DTYPE_NONE;
    s->tensor.dimensions = 0;
    if (!vp_lexer_take(&s->lexer, '{')) return bad_tensor(s, "is not described by an object");
    do {
        if (!read_member(s, dtype, sizeof dtype, seen)) return false;
    } while (vp_lexer_take(&s->lexer, ','));
    if (!vp_lexer_take(&s->lexer, '}')) return bad_tensor(s, "has a description without an end");
    if (!seen[0] || !seen[1] || !seen[2]) return bad_tensor(s, "lacks dtype, shape or data_offsets");
    if (s->count == VP_MAX_TENSORS)
        return vp_fail(s->error, VLLMPLAN_E_LIMIT, "", "%s: more than %d tensors", s->file,
                       (int)VP_MAX_TENSORS);
    return check_size(s) && remember(s, name_at) && sink(context, &s->tensor, s->error);
}

/** "__metadata__": texts by name; the file's makers keep remarks there. */
static bool skip_metadata(scan *s)
{
    if (!vp_lexer_take(&s->lexer, '{')) return damaged(s, "__metadata__ is not an object");
    if (vp_lexer_take(&s->lexer, '}')) return true;
    do {
        if (!vp_lexer_skip_string(&s->lexer) || !vp_lexer_take(&s->lexer, ':') ||
            !vp_lexer_skip_string(&s->lexer))
            return damaged(s, "__metadata__ holds something other than texts");
    } while (vp_lexer_take(&s->lexer, ','));
    return vp_lexer_take(&s->lexer, '}') || damaged(s, "__metadata__ has no end");
}

static bool read_all(scan *s, vp_tensor_sink sink, void *context)
{
    bool metadata = false;
    if (s->lexer.text.length == 0 || s->lexer.text.at[0] != '{')
        return damaged(s, "it does not begin with {");
    s->lexer.at = 1;
    bool more = !vp_lexer_take(&s->lexer, '}');
    while (more) {
        vp_lexer_peek(&s->lexer);
        size_t name_at = s->lexer.at;
        s->tensor.name.at = s->name;
        if (!vp_lexer_string(&s->lexer, s->name, sizeof s->name, &s->tensor.name.length))
            return damaged(s, "a name that is not a text of at most 1024 bytes");
        if (!vp_lexer_take(&s->lexer, ':')) return damaged(s, "no colon behind a name");
        if (vp_str_equal(s->tensor.name, "__metadata__")) {
            if (metadata) return damaged(s, "__metadata__ stands there twice");
            metadata = true;
            if (!skip_metadata(s)) return false;
        } else if (!read_tensor(s, name_at, sink, context)) {
            return false;
        }
        more = vp_lexer_take(&s->lexer, ',');
        if (!more && !vp_lexer_take(&s->lexer, '}')) return damaged(s, "no comma or } behind a tensor");
    }
    if (vp_lexer_peek(&s->lexer) != '\0' || s->lexer.at != s->lexer.text.length)
        return damaged(s, "something stands behind its end");
    return true;
}

/** Reads the name of a remembered tensor again. */
static vp_str name_of(const scan *s, const span *one, char *room)
{
    vp_lexer lexer = {s->lexer.text, one->name_at};
    vp_str name = {room, 0};
    if (!vp_lexer_string(&lexer, room, VP_MAX_TENSOR_NAME, &name.length)) name.length = 0;
    return name;
}

static int compare_names(const scan *s, const span *a, const span *b)
{
    char room_a[VP_MAX_TENSOR_NAME], room_b[VP_MAX_TENSOR_NAME];
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    vp_str x = name_of(s, a, room_a), y = name_of(s, b, room_b);
    int order = memcmp(x.at, y.at, x.length < y.length ? x.length : y.length);
    return order != 0 ? order : (x.length > y.length) - (x.length < y.length);
}

static int compare_places(const scan *s, const span *a, const span *b)
{
    (void)s;
    if (a->begin != b->begin) return a->begin < b->begin ? -1 : 1;
    return (a->end > b->end) - (a->end < b->end);
}

typedef int (*span_order)(const scan *s, const span *a, const span *b);

static void sift_down(const scan *s, span_order order, size_t root, size_t count)
{
    for (size_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && order(s, &s->spans[child], &s->spans[child + 1]) < 0) child++;
        if (order(s, &s->spans[root], &s->spans[child]) >= 0) return;
        span swapped = s->spans[root];
        s->spans[root] = s->spans[child];
        s->spans[child] = swapped;
    }
}

/** Heapsort: in place, no bad case for a stranger to choose, and the order may look at the header. */
static void sort_spans(const scan *s, span_order order)
{
    for (size_t i = s->count / 2; i-- > 0;) sift_down(s, order, i, s->count);
    for (size_t end = s->count; end-- > 1;) {
        span swapped = s->spans[0];
        s->spans[0] = s->spans[end];
        s->spans[end] = swapped;
        sift_down(s, order, 0, end);
    }
}

static bool check_names(scan *s)
{
    sort_spans(s, compare_names);
    for (size_t i = 1; i < s->count; i++) {
        if (compare_names(s, &s->spans[i - 1], &s->spans[i]) != 0) continue;
        s->tensor.name = name_of(s, &s->spans[i], s->name);
        return bad_tensor(s, "stands in the header twice");
    }
    return true;
}

/** The data must be covered without gaps: safetensors (tensor.rs: Metadata::validate, and the check of
 *  the whole length behind it) opens no other file. */
static bool check_places(scan *s, uint64_t data_bytes)
{
    uint64_t end = 0;
    sort_spans(s, compare_places);
    for (size_t i = 0; i < s->count; i++) {
        const span *one = &s->spans[i];
        if (one->begin != end) {
            s->tensor.name = name_of(s, one, s->name);
            return bad_tensor(s,
                              one->begin < end ? "overlaps another tensor" : "leaves a gap in front of it");
        }
        end = one->end;
    }
    if (end > data_bytes)
        return vp_fail(s->error, VLLMPLAN_E_CHECKPOINT, "",
                       "%s: the file is %llu bytes shorter than its header says; was the download cut off?",
                       s->file, (unsigned long long)(end - data_bytes));
    if (end < data_bytes)
        return vp_fail(s->error, VLLMPLAN_E_CHECKPOINT, "",
                       "%s: %llu bytes behind the last tensor belong to none", s->file,
                       (unsigned long long)(data_bytes - end));
    return true;
}

bool vp_tensors_scan(vp_str header, uint64_t data_bytes, const char *file, vp_tensor_sink sink, void *context,
                     vp_error *error)
{
    scan s;
    memset(&s, 0, sizeof s);
    s.lexer.text = header;
    s.file = file;
    s.error = error;
    if (header.length > UINT32_MAX)
        return vp_fail(error, VLLMPLAN_E_LIMIT, "", "%s: a tensor header of %zu bytes", file, header.length);
    if (!vp_utf8_valid(header)) return damaged(&s, "it is not UTF-8");
    bool ok = read_all(&s, sink, context) && check_names(&s) && check_places(&s, data_bytes);
    free(s.spans);
    return ok;
}
