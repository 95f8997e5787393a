/* Blocks of growing size in a list; an allocation is a bump in the newest one. */
#include "base/arena.h"

#define BLOCK_BYTES_MIN ((size_t)4096)
#define BLOCK_BYTES_MAX ((size_t)1 << 20)
#define KEPT_BYTES_MAX  ((size_t)256 << 10)
#define ALIGNMENT       ((size_t)16)

struct arena_block {
    struct arena_block *earlier;
    size_t bytes; /* usable, behind this header */
    size_t used;
    _Alignas(16) char memory[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
    must(max_bytes > 0);
    *arena = (struct arena){.max_bytes = max_bytes};
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *earlier = block->earlier;
        free(block);
        block = earlier;
    }
}

void arena_fini(struct arena *arena)
{
    free_blocks(arena->block);
    *arena = (struct arena){.max_bytes = arena->max_bytes};
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->block;
    if (kept && kept->bytes <= KEPT_BYTES_MAX) {
        free_blocks(kept->earlier);
        kept->earlier = NULL;
        kept->used = 0;
    } else {
        free_blocks(kept);
        kept = NULL;
    }
    arena->block = kept;
    arena->used_bytes = 0;
    arena->is_exhausted = false;
}

static bool add_block(struct arena *arena, size_t need)
{
    size_t bytes = arena->block ? arena->block->bytes * 2 : BLOCK_BYTES_MIN;
    if (bytes > BLOCK_BYTES_MAX) bytes = BLOCK_BYTES_MAX;
    if (bytes < need) bytes = need;
    struct arena_block *block = malloc(sizeof *block + bytes);
    if (!block) return false;
    block->earlier = arena->block;
    block->bytes = bytes;
    block->used = 0;
    arena->block = block;
    return true;
}

void *arena_alloc_raw(struct arena *arena, size_t n)
{
    size_t need = (n + ALIGNMENT - 1) & ~(ALIGNMENT - 1);
    if (need < n || need > arena->max_bytes - arena->used_bytes) goto exhausted;
    if (!arena->block || need > arena->block->bytes - arena->block->used) {
        if (!add_block(arena, need)) goto exhausted;
    }
    char *memory = arena->block->memory + arena->block->used;
    arena->block->used += need;
    arena->used_bytes += need;
    return memory;
exhausted:
    arena->is_exhausted = true;
    return NULL;
}

void *arena_alloc(struct arena *arena, size_t n)
{
    void *memory = arena_alloc_raw(arena, n);
    return memory ? memset(memory, 0, n) : NULL;
}

void *arena_array(struct arena *arena, size_t count, size_t item_bytes)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, item_bytes, &bytes)) {
        arena->is_exhausted = true;
        return NULL;
    }
    return arena_alloc(arena, bytes);
}

str arena_copy(struct arena *arena, str s)
{
    char *copy = arena_alloc_raw(arena, s.n + 1);
    if (!copy) return (str){0};
    if (s.n) memcpy(copy, s.p, s.n);
    copy[s.n] = '\0';
    return (str){copy, s.n};
}
