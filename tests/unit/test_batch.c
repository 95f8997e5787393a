/* batch: the table of states, names, counts, claims; piece_list: the stored form of pieces. */
#include "unit.h"

#include "store/batch.h"
#include "store/piece_list.h"

static void states_move_along_the_table_only(void **state)
{
    (void)state;
    static const struct {
        enum batch_state from, to;
    } legal[] = {{BATCH_PENDING, BATCH_PROCESSING},
                 {BATCH_PENDING, BATCH_FAILED},
                 {BATCH_PROCESSING, BATCH_COMPLETED},
                 {BATCH_PROCESSING, BATCH_FAILED}};
    size_t legal_count = 0;
    for (enum batch_state from = BATCH_PENDING; from <= BATCH_FAILED; from++) {
        for (enum batch_state to = BATCH_PENDING; to <= BATCH_FAILED; to++) {
            bool is_legal = false;
            for (size_t i = 0; i < sizeof legal / sizeof legal[0]; i++) {
                is_legal |= legal[i].from == from && legal[i].to == to;
            }
            assert_int_equal(is_legal, batch_state_may_follow(from, to));
            legal_count += is_legal;
        }
    }
    assert_int_equal(4, legal_count);
}

static void names_are_those_of_the_contract(void **state)
{
    (void)state;
    static const char *const names[] = {"", "pending", "processing", "completed", "failed"};
    for (enum batch_state s = BATCH_PENDING; s <= BATCH_FAILED; s++) {
        enum batch_state found;
        assert_str(str_of_cstr(names[s]), batch_state_name(s));
        assert_ok(batch_state_of_name(str_of_cstr(names[s]), &found));
        assert_int_equal(s, found);
        assert_int_equal(s >= BATCH_COMPLETED, batch_state_is_final(s));
    }
    enum batch_state ignored;
    assert_err(ERR_INVALID, batch_state_of_name(STR("Pending"), &ignored));
    assert_err(ERR_INVALID, batch_state_of_name(STR(""), &ignored));
    assert_str(STR("enrich"), batch_action_name(ACTION_ENRICH));
    assert_str(STR("cancelled"), batch_error_name(BATCH_ERROR_CANCELLED));
    assert_str(STR(""), batch_error_name(BATCH_ERROR_NONE));
    assert_str(STR("invalid"), outcome_count_name(OUTCOME_INVALID));
    assert_str(STR("invalid_identifier"), outcome_reason(OUTCOME_INVALID));
}

static void claims_cover_all_identifiers(void **state)
{
    (void)state;
    static const struct {
        uint32_t identifiers, claim, count;
    } rows[] = {{1, 1, 1},     {1, 200, 1},      {200, 200, 1},
                {201, 200, 2}, {10000, 200, 50}, {UINT32_MAX, 1, UINT32_MAX}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct batch batch = {.identifier_count = rows[i].identifiers, .claim_identifiers = rows[i].claim};
        assert_int_equal(rows[i].count, batch_claim_count(&batch));
    }
}

static void counts_add_up(void **state)
{
    (void)state;
    struct batch batch = {.identifier_count = 100};
    struct batch_counts more = {{1, 2, 3, 4, 5, 6, 7}};
    assert_int_equal(100, batch_pending_count(&batch));
    batch_counts_add(&batch.counts, &more);
    batch_counts_add(&batch.counts, &more);
    assert_int_equal(56, batch_counts_sum(&batch.counts));
    assert_int_equal(44, batch_pending_count(&batch));
    assert_int_equal(2, batch_result_count(&batch));
}

static struct piece_pair pair_of(uint32_t n)
{
    return (struct piece_pair){
        .results = {.offset = (uint64_t)n << 33, .bytes = n, .raw_bytes = n * 4, .crc = ~n, .lines = n},
        .unresolved = {.offset = n * 7, .bytes = n + 1, .raw_bytes = n + 2, .crc = n * 31, .lines = 3},
        .counts = {{n, 3, 0, 0, 0, 0, UINT32_MAX}},
    };
}

static void piece_list_keeps_every_number(void **state)
{
    (void)state;
    static const uint32_t numbers[] = {0, 1, 2, 4, 900};
    struct arena arena;
    struct piece_list list, read;
    str bytes;
    arena_init(&arena, 1 << 20);
    assert_ok(piece_list_init(&list, 5, &arena));
    for (uint32_t i = 0; i < 5; i++) {
        list.numbers[i] = numbers[i];
        list.pairs[i] = pair_of(numbers[i] + 1);
    }
    assert_ok(piece_list_encode(&list, &arena, &bytes));
    assert_int_equal(5 * 80, bytes.n);
    assert_ok(piece_list_decode(bytes, 901, &arena, &read));
    assert_int_equal(5, read.count);
    assert_memory_equal(list.numbers, read.numbers, 5 * sizeof *read.numbers);
    assert_memory_equal(list.pairs, read.pairs, 5 * sizeof *read.pairs);
    assert_int_equal(3, piece_list_prefix(&read));
    assert_int_equal(1 + 2 + 3, piece_list_counts(&read, 3).of[OUTCOME_MATCHED]);
    assert_true(piece_list_end(&read, 3) == ((uint64_t)3 << 33) + 3);
    assert_true(piece_list_end(&read, 0) == 0);
    arena_fini(&arena);
}

static void damaged_piece_lists_are_refused(void **state)
{
    (void)state;
    struct arena arena;
    struct piece_list list, read;
    str bytes;
    arena_init(&arena, 1 << 20);
    assert_ok(piece_list_init(&list, 2, &arena));
    list.numbers[1] = 1;
    assert_ok(piece_list_encode(&list, &arena, &bytes));
    assert_ok(piece_list_decode(bytes, 2, &arena, &read));
    assert_err(ERR_CORRUPT, piece_list_decode(bytes, 1, &arena, &read));
    assert_err(ERR_CORRUPT, piece_list_decode(str_slice(bytes, 0, bytes.n - 1), 2, &arena, &read));
    list.numbers[1] = 0;
    assert_ok(piece_list_encode(&list, &arena, &bytes));
    assert_err(ERR_CORRUPT, piece_list_decode(bytes, 2, &arena, &read));
    list.numbers[1] = 1;
    list.pairs[1].results.offset = UINT64_MAX;
    assert_ok(piece_list_encode(&list, &arena, &bytes));
    assert_err(ERR_CORRUPT, piece_list_decode(bytes, 2, &arena, &read));
    arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(states_move_along_the_table_only), cmocka_unit_test(names_are_those_of_the_contract),
        cmocka_unit_test(claims_cover_all_identifiers),     cmocka_unit_test(counts_add_up),
        cmocka_unit_test(piece_list_keeps_every_number),    cmocka_unit_test(damaged_piece_lists_are_refused),
    };
    return cmocka_run_group_tests_name("batch", tests, NULL, NULL);
}
