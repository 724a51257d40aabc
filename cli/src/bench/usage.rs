//! What the system did for the calling thread: page faults, and times that it was taken off its core.

use serde_json::{Value, json};

/// Counts since the thread began, or between two moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Page faults that needed no disk.
    pub minor_faults: i64,
    /// Page faults that waited for a disk.
    pub major_faults: i64,
    /// Times that the thread waited for something and gave its core away.
    pub voluntary_switches: i64,
    /// Times that its core was taken for another thread.
    pub involuntary_switches: i64,
}

impl Usage {
    /// This thread's counts; `None` where the system keeps none for threads.
    pub fn of_this_thread() -> Option<Usage> {
        #[cfg(target_os = "linux")]
        {
            // SAFETY: the structure is plain numbers, for which zeros are a value.
            let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
            // SAFETY: the pointer is to a whole rusage, that the call fills.
            let failed = unsafe { libc::getrusage(libc::RUSAGE_THREAD, &raw mut usage) };
            (failed == 0).then_some(Usage {
                minor_faults: usage.ru_minflt,
                major_faults: usage.ru_majflt,
                voluntary_switches: usage.ru_nvcsw,
                involuntary_switches: usage.ru_nivcsw,
            })
        }
        #[cfg(not(target_os = "linux"))]
        None
    }

    /// What has been added since `before`.
    #[must_use]
    pub fn since(self, before: Usage) -> Usage {
        Usage {
            minor_faults: self.minor_faults - before.minor_faults,
            major_faults: self.major_faults - before.major_faults,
            voluntary_switches: self.voluntary_switches - before.voluntary_switches,
            involuntary_switches: self.involuntary_switches - before.involuntary_switches,
        }
    }

    /// As fields.
    pub fn json(self) -> Value {
        json!({
            "minor_faults": self.minor_faults,
            "major_faults": self.major_faults,
            "voluntary_switches": self.voluntary_switches,
            "involuntary_switches": self.involuntary_switches,
        })
    }
}
