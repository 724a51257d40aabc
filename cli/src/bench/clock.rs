//! The time that a thread or a program has computed: what others do is not in it.

/// CPU time of this thread in nanoseconds; `None` where the system has no such clock.
pub fn thread_ns() -> Option<f64> {
    #[cfg(unix)]
    {
        let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
        // SAFETY: the pointer is to a whole timespec, that the call fills.
        let failed = unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
        (failed == 0).then_some(time.tv_sec as f64 * 1e9 + time.tv_nsec as f64)
    }
    #[cfg(not(unix))]
    None
}

/// CPU time of the programs that this one has started and that have ended, in seconds.
pub fn children_s() -> Option<f64> {
    #[cfg(unix)]
    {
        // SAFETY: the structure is plain numbers, for which zeros are a value.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: the pointer is to a whole rusage, that the call fills.
        let failed = unsafe { libc::getrusage(libc::RUSAGE_CHILDREN, &raw mut usage) };
        let seconds = |time: libc::timeval| time.tv_sec as f64 + time.tv_usec as f64 / 1e6;
        (failed == 0).then(|| seconds(usage.ru_utime) + seconds(usage.ru_stime))
    }
    #[cfg(not(unix))]
    None
}
