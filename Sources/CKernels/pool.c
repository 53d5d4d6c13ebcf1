#define _GNU_SOURCE
#include "ck_pool.h"

#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

// A stretch of a loop's chunks, on a cache line of its own: its thread counts them there, mostly undisturbed.
typedef struct {
  _Alignas(64) _Atomic(size_t) next;
  size_t end;
} share;

typedef struct {
  ck_pool *pool;
  int number;  // the caller is 0
  pthread_t thread;
} worker;

// A loop is published by raising `generation`; workers that see it take chunk numbers from their share until none is
// left, and then from the others'. `active` counts the workers that still may touch the loop's fields; the caller
// leaves only when it is zero.
struct ck_pool {
  int threads;
  worker *workers;
  share *shares;
  atomic_int busy;  // 1 while a loop runs
  atomic_uint generation;
  atomic_int stopping;
  atomic_int active;
  atomic_int sleepers;
  void (*body)(void *, size_t);
  void *context;
};

enum { SPINS = 2000 };

static void pause_cpu(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void futex_wait(atomic_uint *word, unsigned expected) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, expected, NULL, NULL, 0);
}

static void futex_wake_all(atomic_uint *word) { syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0); }

// Neighbouring chunks work on neighbouring memory: a thread that walks a stretch of them finds what it, or the
// hardware, has fetched ahead.
static void take_chunks(ck_pool *pool, int number) {
  for (int t = 0; t < pool->threads; t++) {
    share *from = &pool->shares[(number + t) % pool->threads];
    while (atomic_load_explicit(&from->next, memory_order_relaxed) < from->end) {
      size_t i = atomic_fetch_add_explicit(&from->next, 1, memory_order_relaxed);
      if (i < from->end) pool->body(pool->context, i);
    }
  }
}

static void cut(ck_pool *pool, size_t count) {
  size_t threads = (size_t)pool->threads, each = count / threads, more = count % threads, first = 0;
  for (size_t t = 0; t < threads; t++) {
    pool->shares[t].end = first + each + (t < more);
    atomic_store_explicit(&pool->shares[t].next, first, memory_order_relaxed);
    first = pool->shares[t].end;
  }
}

static void *work(void *argument) {
  worker *self = argument;
  ck_pool *pool = self->pool;
  unsigned seen = 0;
  for (;;) {
    unsigned now;
    int spins = 0;
    while ((now = atomic_load_explicit(&pool->generation, memory_order_acquire)) == seen) {
      if (++spins < SPINS) {
        pause_cpu();
      } else {
        atomic_fetch_add(&pool->sleepers, 1);
        futex_wait(&pool->generation, seen);
        atomic_fetch_sub(&pool->sleepers, 1);
      }
    }
    seen = now;
    if (atomic_load(&pool->stopping)) return NULL;
    take_chunks(pool, self->number);
    atomic_fetch_sub_explicit(&pool->active, 1, memory_order_release);
  }
}

static void publish(ck_pool *pool) {
  atomic_fetch_add(&pool->generation, 1);
  if (atomic_load(&pool->sleepers)) futex_wake_all(&pool->generation);
}

static void release(ck_pool *pool) {
  free(pool->workers);
  free(pool->shares);
  free(pool);
}

ck_pool *ck_pool_create(int threads) {
  if (threads < 1) threads = 1;
  ck_pool *pool = calloc(1, sizeof *pool);
  if (!pool) return NULL;
  pool->workers = calloc((size_t)threads, sizeof *pool->workers);
  pool->shares = aligned_alloc(_Alignof(share), (size_t)threads * sizeof *pool->shares);
  if (!pool->workers || !pool->shares) {
    release(pool);
    return NULL;
  }
  pool->threads = 1;
  for (int i = 1; i < threads; i++) {
    pool->workers[i] = (worker){.pool = pool, .number = i};
    if (pthread_create(&pool->workers[i].thread, NULL, work, &pool->workers[i]) != 0) break;
    pool->threads++;
  }
  return pool;
}

void ck_pool_destroy(ck_pool *pool) {
  if (!pool) return;
  atomic_store(&pool->stopping, 1);
  publish(pool);
  for (int i = 1; i < pool->threads; i++) pthread_join(pool->workers[i].thread, NULL);
  release(pool);
}

int ck_pool_threads(const ck_pool *pool) { return pool->threads; }

int ck_available_cores(void) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
  long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (int)online : 1;
}

void ck_pool_run(ck_pool *pool, size_t count, void (*body)(void *, size_t), void *context) {
  int idle = 0;
  if (count <= 1 || pool->threads == 1 || !atomic_compare_exchange_strong(&pool->busy, &idle, 1)) {
    for (size_t i = 0; i < count; i++) body(context, i);
    return;
  }
  pool->body = body;
  pool->context = context;
  cut(pool, count);
  atomic_store_explicit(&pool->active, pool->threads - 1, memory_order_relaxed);
  publish(pool);
  take_chunks(pool, 0);
  for (int spins = 0; atomic_load_explicit(&pool->active, memory_order_acquire) != 0; spins++) {
    pause_cpu();
    // An oversubscribed machine: let the worker that we wait for have the core.
    if (spins > SPINS) sched_yield();
  }
  atomic_store(&pool->busy, 0);
}
