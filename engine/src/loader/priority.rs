//! Loader threads give way to the audio and to the host.

use super::pool::Pace;

/// Lowers the priority of the calling thread, where the system has a way that needs no rights.
pub(super) fn lower(pace: Pace) {
    #[cfg(target_os = "linux")]
    {
        let nice = if pace == Pace::Steady { 10 } else { 5 };
        // SAFETY: a plain system call; on Linux 0 means the calling thread. Failure is harmless.
        unsafe { libc::setpriority(libc::PRIO_PROCESS, 0, nice) };
    }
    #[cfg(target_os = "macos")]
    {
        let class = match pace {
            Pace::Live | Pace::Swift => libc::qos_class_t::QOS_CLASS_USER_INITIATED,
            Pace::Steady => libc::qos_class_t::QOS_CLASS_UTILITY,
        };
        // SAFETY: sets the class of the calling thread. Failure is harmless.
        unsafe { libc::pthread_set_qos_class_self_np(class, 0) };
    }
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Threading::{
            GetCurrentThread, SetThreadPriority, THREAD_PRIORITY_BELOW_NORMAL, THREAD_PRIORITY_LOWEST,
        };
        let priority = if pace == Pace::Steady { THREAD_PRIORITY_LOWEST } else { THREAD_PRIORITY_BELOW_NORMAL };
        // SAFETY: the pseudo-handle of the calling thread. Failure is harmless.
        unsafe { SetThreadPriority(GetCurrentThread(), priority) };
    }
}
