//! One instance of the plugin, from its making to its end, on its main thread.

use super::calls::{Audio, Main, RecordingHost, Shared};
use super::{Bundle, Calls, HostFailure, ParamRow, Processor, params};
use crate::timeline::Timeline;
use clack_extensions::audio_ports::{AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::PluginLatency;
use clack_extensions::note_ports::{NoteDialects, NotePortInfoBuffer, PluginNotePorts};
use clack_extensions::params::PluginParams;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::voice_info::PluginVoiceInfo;
use clack_host::extensions::Extension;
use clack_host::extensions::prelude::PluginExtensionSide;
use clack_host::prelude::*;
use std::ffi::CString;
use std::sync::Arc;

/// The id under which hosts know the plugin.
pub const PLUGIN_ID: &str = "audio.betwixt.Betwixt";

/// A plugin instance. Dropping it deactivates and destroys it.
pub struct Instance {
    /// The audio side; `None` while inactive or taken by [`Instance::take_processor`].
    processor: Option<Processor>,
    inner: PluginInstance<RecordingHost>,
    calls: Arc<Calls>,
    params: Vec<ParamRow>,
    _bundle: Bundle,
}

impl Instance {
    /// Makes an instance and reads its parameters.
    ///
    /// # Errors
    /// When the bundle holds no Betwixt, or it refuses.
    pub fn new(bundle: &Bundle) -> Result<Instance, HostFailure> {
        let calls = Calls::new();
        let host = HostInfo::new("Betwixt test host", "Betwixt", "", env!("CARGO_PKG_VERSION"))
            .map_err(|e| HostFailure::plugin("host info", e))?;
        let id = CString::new(PLUGIN_ID).map_err(|e| HostFailure::plugin("id", e))?;
        let inner =
            PluginInstance::new(|()| Shared(calls.clone()), |_| Main(calls.clone()), bundle.entry(), &id, &host)
                .map_err(|e| HostFailure::plugin("create", e))?;
        let mut instance = Instance { processor: None, inner, calls, params: Vec::new(), _bundle: bundle.clone() };
        instance.params = params::read(&mut instance)?;
        Ok(instance)
    }

    /// The plugin's main-thread handle.
    pub(super) fn handle(&mut self) -> PluginMainThreadHandle<'_> {
        self.inner.plugin_handle()
    }

    /// An extension that the plugin must have.
    pub(super) fn extension<E>(&mut self, name: &'static str) -> Result<E, HostFailure>
    where
        E: Extension<ExtensionSide = PluginExtensionSide>,
    {
        self.handle().get_extension::<E>().ok_or(HostFailure::NoExtension(name))
    }

    /// What the plugin asked of the host.
    pub fn calls(&self) -> &Calls {
        &self.calls
    }

    /// The parameters as they were listed when the instance was made.
    pub fn params(&self) -> &[ParamRow] {
        &self.params
    }

    /// Runs what the plugin asked to run on the main thread. Returns how often it did.
    pub fn pump(&mut self) -> usize {
        let mut rounds = 0;
        while rounds < 1000 && self.calls.take_callback() {
            self.inner.call_on_main_thread_callback();
            rounds += 1;
        }
        rounds
    }

    /// Sets the render mode; offline makes the plugin wait for its loader.
    ///
    /// # Errors
    /// When the plugin has no such mode or refuses it.
    pub fn set_offline(&mut self, offline: bool) -> Result<(), HostFailure> {
        let render = self.extension::<PluginRender>("render")?;
        let mode = if offline { RenderMode::Offline } else { RenderMode::Realtime };
        render.set(&self.handle(), mode).map_err(|e| HostFailure::plugin("render.set", e))
    }

    /// Activates and starts processing.
    ///
    /// # Errors
    /// When the plugin refuses.
    pub fn activate(&mut self, sample_rate_hz: f64, max_frames: u32) -> Result<(), HostFailure> {
        let configuration =
            PluginAudioConfiguration { sample_rate: sample_rate_hz, min_frames_count: 1, max_frames_count: max_frames };
        let calls = self.calls.clone();
        let stopped = self
            .inner
            .activate(move |_, _| Audio(calls), configuration)
            .map_err(|e| HostFailure::plugin("activate", e))?;
        self.processor = Some(Processor::start(stopped, sample_rate_hz, max_frames)?);
        Ok(())
    }

    /// Stops processing and deactivates; nothing happens when it is not active.
    pub fn deactivate(&mut self) {
        if let Some(processor) = self.processor.take() {
            self.inner.deactivate(processor.stop());
        }
    }

    /// The audio side.
    ///
    /// # Panics
    /// When the instance is not active, or its processor is taken.
    pub fn processor(&mut self) -> &mut Processor {
        self.processor.as_mut().expect("the instance is active and its processor is here")
    }

    /// Takes the audio side out, to run on another thread. Give it back with
    /// [`Instance::return_processor`].
    ///
    /// # Panics
    /// As [`Instance::processor`].
    pub fn take_processor(&mut self) -> Processor {
        self.processor.take().expect("the instance is active and its processor is here")
    }

    /// Puts the audio side back.
    pub fn return_processor(&mut self, processor: Processor) {
        self.processor = Some(processor);
    }

    /// Sends parameter changes through `params.flush`, as a host does with an instance that is not
    /// processing.
    ///
    /// # Errors
    /// When the instance is active.
    pub fn flush(&mut self, timeline: &Timeline) -> Result<(), HostFailure> {
        let ext = self.extension::<PluginParams>("params")?;
        let events = timeline.window(0, 1, &self.params);
        let mut out = EventBuffer::new();
        let mut handle = self
            .inner
            .inactive_plugin_handle()
            .ok_or_else(|| HostFailure::plugin("flush", "the instance is active"))?;
        ext.flush(&mut handle, &events.as_input(), &mut out.as_output());
        Ok(())
    }

    /// Latency in frames.
    ///
    /// # Errors
    /// When the plugin can't say.
    pub fn latency(&mut self) -> Result<u32, HostFailure> {
        let latency = self.extension::<PluginLatency>("latency")?;
        Ok(latency.get(&self.handle()))
    }

    /// Voices that the plugin says it can sound.
    pub fn voice_capacity(&mut self) -> Option<u32> {
        let info = self.handle().get_extension::<PluginVoiceInfo>()?;
        info.get(&self.handle()).map(|v| v.voice_capacity)
    }

    /// Channel counts of the input and of the output ports.
    ///
    /// # Errors
    /// When the plugin has no audio ports extension.
    pub fn audio_ports(&mut self) -> Result<(Vec<u32>, Vec<u32>), HostFailure> {
        let ports = self.extension::<PluginAudioPorts>("audio-ports")?;
        let handle = self.handle();
        let side = |input| {
            let mut buffer = AudioPortInfoBuffer::new();
            (0..ports.count(&handle, input))
                .filter_map(|i| ports.get(&handle, i, input, &mut buffer).map(|p| p.channel_count))
                .collect()
        };
        Ok((side(true), side(false)))
    }

    /// Dialects of the first note input.
    ///
    /// # Errors
    /// When the plugin takes no notes.
    pub fn note_dialects(&mut self) -> Result<NoteDialects, HostFailure> {
        let ports = self.extension::<PluginNotePorts>("note-ports")?;
        let mut buffer = NotePortInfoBuffer::new();
        let info = ports.get(&self.handle(), 0, true, &mut buffer).map(|p| p.supported_dialects);
        info.ok_or(HostFailure::NoExtension("note-ports input"))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.deactivate();
    }
}
