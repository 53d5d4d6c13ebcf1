#ifndef DIPTYCH_CK_POOL_H
#define DIPTYCH_CK_POOL_H
#include <stddef.h>

/// A pool of worker threads for fork-join loops. Workers spin briefly between loops and then sleep on a futex: a loop
/// costs about a microsecond to start where dispatch queues cost tens.
typedef struct ck_pool ck_pool;

/// A pool that runs loops on `threads` threads, the caller's included. NULL if memory or threads are not to be had.
ck_pool *ck_pool_create(int threads);
void ck_pool_destroy(ck_pool *pool);
int ck_pool_threads(const ck_pool *pool);

/// The cores that this process may use.
int ck_available_cores(void);

/// Calls body(context, i) once for each i in 0..<count, on all threads of the pool, and returns when all are done.
/// Each thread takes the chunks of a stretch of its own in order, and then helps with the others' stretches. If the
/// pool is busy (a nested loop, or another thread's), the caller runs the whole loop by itself: the result must not
/// depend on who runs a chunk.
void ck_pool_run(ck_pool *pool, size_t count, void (*body)(void *context, size_t i), void *context);

#endif
