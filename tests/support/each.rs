//! A check of many items, on all processors.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Calls `check` with every item, on as many at a time as there are processors: a check of recordings mostly waits
/// for programs to start.
///
/// # Panics
/// If a check panics; first the other running checks end.
pub(crate) fn each<T: Sync>(items: &[T], check: impl Fn(&T) + Sync) {
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, |n| n.get()).min(items.len());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    check(item);
                }
            });
        }
    });
}
