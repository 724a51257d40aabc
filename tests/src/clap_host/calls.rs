//! What the plugin asks of its host, written down.

use clack_extensions::gui::{GuiSize, HostGui, HostGuiImpl};
use clack_extensions::latency::{HostLatency, HostLatencyImpl};
use clack_extensions::log::{HostLog, HostLogImpl, LogSeverity};
use clack_extensions::note_ports::{HostNotePorts, HostNotePortsImpl, NoteDialects, NotePortRescanFlags};
use clack_extensions::params::{
    HostParams, HostParamsImplMainThread, HostParamsImplShared, ParamClearFlags, ParamRescanFlags,
};
use clack_extensions::state::{HostState, HostStateImpl};
use clack_extensions::tail::{HostTail, HostTailImpl};
use clack_extensions::thread_check::{HostThreadCheck, HostThreadCheckImpl};
use clack_extensions::voice_info::{HostVoiceInfo, HostVoiceInfoImpl};
use clack_host::prelude::*;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::ThreadId;

/// One call from the plugin to the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// `request_restart`.
    Restart,
    /// `request_process`: wake from sleep.
    Process,
    /// `params.rescan` with these flags' bits.
    Rescan(u32),
    /// `params.request_flush`.
    RequestFlush,
    /// `latency.changed`.
    LatencyChanged,
    /// `tail.changed`.
    TailChanged,
    /// `voice_info.changed`.
    VoiceInfoChanged,
    /// `state.mark_dirty`.
    MarkDirty,
    /// `gui.request_resize`, in pixels.
    RequestResize(u32, u32),
    /// `gui.closed`.
    GuiClosed,
    /// `log.log`, with whether it was a warning or worse.
    Log(bool, String),
}

/// The record, shared by all threads of one instance.
#[derive(Debug)]
pub struct Calls {
    made: Mutex<Vec<Call>>,
    callback: AtomicBool,
    main: ThreadId,
}

impl Calls {
    pub(super) fn new() -> Arc<Calls> {
        Arc::new(Calls {
            made: Mutex::new(Vec::new()),
            callback: AtomicBool::new(false),
            main: std::thread::current().id(),
        })
    }

    fn made(&self) -> MutexGuard<'_, Vec<Call>> {
        self.made.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn note(&self, call: Call) {
        self.made().push(call);
    }

    /// All calls so far, oldest first; the record begins anew.
    pub fn take(&self) -> Vec<Call> {
        std::mem::take(&mut *self.made())
    }

    /// Has this call come (since the last [`Calls::take`])?
    pub fn contains(&self, call: &Call) -> bool {
        self.made().contains(call)
    }

    /// Was a call on the main thread asked for since last time?
    pub(super) fn take_callback(&self) -> bool {
        self.callback.swap(false, Ordering::AcqRel)
    }
}

/// The host, as clack sees it.
pub(super) struct RecordingHost;

impl HostHandlers for RecordingHost {
    type Shared<'a> = Shared;
    type MainThread<'a> = Main;
    type AudioProcessor<'a> = Audio;

    fn declare_extensions(builder: &mut HostExtensions<Self>, _shared: &Shared) {
        builder
            .register::<HostGui>()
            .register::<HostLatency>()
            .register::<HostLog>()
            .register::<HostNotePorts>()
            .register::<HostParams>()
            .register::<HostState>()
            .register::<HostTail>()
            .register::<HostThreadCheck>()
            .register::<HostVoiceInfo>();
    }
}

/// Calls from any thread.
pub(super) struct Shared(pub(super) Arc<Calls>);
/// Calls on the main thread.
pub(super) struct Main(pub(super) Arc<Calls>);
/// Calls on the audio thread.
pub(super) struct Audio(pub(super) Arc<Calls>);

impl SharedHandler<'_> for Shared {
    fn request_restart(&self) {
        self.0.note(Call::Restart);
    }

    fn request_process(&self) {
        self.0.note(Call::Process);
    }

    fn request_callback(&self) {
        self.0.callback.store(true, Ordering::Release);
    }
}

impl MainThreadHandler<'_> for Main {}
impl AudioProcessorHandler<'_> for Audio {}

impl HostParamsImplShared for Shared {
    fn request_flush(&self) {
        self.0.note(Call::RequestFlush);
    }
}

impl HostParamsImplMainThread for Main {
    fn rescan(&self, flags: ParamRescanFlags) {
        self.0.note(Call::Rescan(flags.bits()));
    }

    fn clear(&self, _param: ClapId, _flags: ParamClearFlags) {}
}

impl HostLatencyImpl for Main {
    fn changed(&self) {
        self.0.note(Call::LatencyChanged);
    }
}

impl HostTailImpl for Audio {
    fn changed(&mut self) {
        self.0.note(Call::TailChanged);
    }
}

impl HostVoiceInfoImpl for Main {
    fn changed(&self) {
        self.0.note(Call::VoiceInfoChanged);
    }
}

impl HostStateImpl for Main {
    fn mark_dirty(&self) {
        self.0.note(Call::MarkDirty);
    }
}

impl HostNotePortsImpl for Main {
    fn supported_dialects(&self) -> NoteDialects {
        NoteDialects::CLAP | NoteDialects::MIDI
    }

    fn rescan(&self, _flags: NotePortRescanFlags) {}
}

impl HostGuiImpl for Shared {
    fn resize_hints_changed(&self) {}

    fn request_resize(&self, size: GuiSize) -> Result<(), HostError> {
        self.0.note(Call::RequestResize(size.width, size.height));
        Ok(())
    }

    fn request_show(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn request_hide(&self) -> Result<(), HostError> {
        Ok(())
    }

    fn closed(&self, _was_destroyed: bool) {
        self.0.note(Call::GuiClosed);
    }
}

impl HostLogImpl for Shared {
    fn log(&self, severity: LogSeverity, message: &str) {
        let bad = matches!(
            severity,
            LogSeverity::Warning
                | LogSeverity::Error
                | LogSeverity::Fatal
                | LogSeverity::HostMisbehaving
                | LogSeverity::PluginMisbehaving
        );
        self.0.note(Call::Log(bad, message.to_owned()));
    }
}

impl HostThreadCheckImpl for Shared {
    fn is_main_thread(&self) -> bool {
        std::thread::current().id() == self.0.main
    }

    fn is_audio_thread(&self) -> bool {
        // A bounce runs the audio on the main thread, so no thread is told that it is not one.
        true
    }
}
