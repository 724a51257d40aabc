//! Loader threads give way to the audio and to the host.

/// Lowers the priority of the calling thread, where the system has a way that needs no rights.
pub(super) fn lower() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: a plain system call; on Linux 0 means the calling thread. Failure is harmless.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, 5) };
    }
    #[cfg(target_os = "macos")]
    {
        // SAFETY: sets the class of the calling thread. Failure is harmless.
        unsafe { libc::pthread_set_qos_class_self_np(libc::qos_class_t::QOS_CLASS_UTILITY, 0) };
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Threading::{
            GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL,
        };
        // SAFETY: the pseudo-handle of the calling thread. Failure is harmless.
        unsafe { SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL) };
    }
}
