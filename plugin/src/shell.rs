//! The plugin: what the host calls.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use betwixt_engine::engine::{Engine, EngineConfig};
use betwixt_engine::event::EventKind;
use betwixt_engine::params::Param;
use nice_plug::midi::{Channel, Key, VoiceID};
use nice_plug::prelude::{
    ActivateContext, AsyncExecutor, AudioIOLayout, AuxiliaryBuffers, Buffer, BufferConfig, ClapFeature, ClapPlugin,
    MidiConfig, NoteEvent, Params, Plugin, PluginState, PolyModulationConfig, ProcessContext, ProcessMode,
    ProcessStatus, RemoteControlsContext, RemoteControlsSection, Vst3Plugin, Vst3SubCategory, new_nonzero_u32,
};

use crate::audio::{self, Audio, Player};
use crate::meter::Meter;
use crate::session::Session;
use crate::state;
use crate::window::{self, BetwixtEditor};

/// Start of the engine's random generator: the same in every instance, so that renders repeat.
const SEED: u64 = 0x0062_6574_7769_7874;
/// Frames of output that wait for the window; what does not fit is not shown.
const SHOWN_FRAMES: usize = 1 << 15;
/// Longest wait of a bounce for its pack.
const LONGEST_WAIT: Duration = Duration::from_secs(20);

/// Eight knobs at a time, for hardware controllers.
const PAGES: &[(&str, &[Param])] = {
    use Param as P;
    &[
        ("Pad", &[P::X, P::Y, P::GlideXy, P::XyMode, P::Gain, P::Pan, P::Width, P::Start]),
        ("Envelope", &[P::Attack, P::Decay, P::Sustain, P::Release, P::Velocity, P::Loop, P::Reverse, P::Quality]),
        ("Filter", &[P::Filter, P::Cutoff, P::Resonance, P::FilterEnv, P::FilterKey, P::ModWheel]),
        ("Playing", &[P::Mode, P::Glide, P::Voices, P::BendRange, P::Tune, P::Fine]),
    ]
};

/// One instance of the instrument. The audio thread owns it while it processes.
pub struct Betwixt {
    session: Arc<Session>,
    audio: Option<Audio>,
    /// What the window plays; its other end goes to the editor.
    played: rtrb::Consumer<EventKind>,
    player: Option<Player>,
    /// What the window looks at; its other end goes to the editor too.
    shown: rtrb::Producer<f32>,
    viewer: Option<rtrb::Consumer<f32>>,
    /// A fault of ours was caught: silence until the host activates anew.
    broken: bool,
    meter: Meter,
}

impl Default for Betwixt {
    fn default() -> Betwixt {
        let (player, played) = audio::player();
        let (shown, viewer) = rtrb::RingBuffer::new(SHOWN_FRAMES);
        Betwixt {
            session: Session::new(),
            audio: None,
            played,
            player: Some(player),
            shown,
            viewer: Some(viewer),
            broken: false,
            meter: Meter::default(),
        }
    }
}

impl Drop for Betwixt {
    fn drop(&mut self) {
        // First the engine, which holds packs; then the packs; then the loader, which frees them.
        self.audio = None;
        self.session.detach();
    }
}

impl Betwixt {
    fn render(&mut self, buffer: &mut Buffer, context: &mut impl ProcessContext<Betwixt>) -> ProcessStatus {
        let (Some(audio), [left, right]) = (&mut self.audio, buffer.as_slice()) else {
            silence(buffer);
            return ProcessStatus::Normal;
        };
        if audio.is_offline() {
            wait_for_pack(&self.session, audio);
        }
        let begun = Instant::now();
        let frames = left.len();
        // The engine ends a note while it renders, when the host's events are all read.
        let context = std::cell::RefCell::new(context);
        let input = std::iter::from_fn(|| context.borrow_mut().next_event());
        audio.slice([left, right], &self.session.parameters, &mut self.played, input, |ended| {
            let note = ended.note;
            let voice_id = if note.id < 0 { VoiceID::Wildcard } else { VoiceID::ID(note.id) };
            let (channel, key) = (Channel::Number(note.channel), Key::Number(note.key));
            // A host without room for it, or without an ear, loses nothing but its own bookkeeping.
            let _ = context.borrow_mut().try_send_event(NoteEvent::VoiceTerminated {
                timing: ended.frame,
                voice_id,
                channel,
                key,
            });
        });
        self.session.set_load(self.meter.load(begun.elapsed(), frames));
        if self.session.is_watched(frames) {
            show(&mut self.shown, left, right);
        }
        if self.meter.shows(audio.sounds() || audio.moves(), frames) || audio.was_recalled() {
            self.session.repaint().request_repaint();
        }
        if audio.sounds() || audio.moves() || self.session.pending() {
            ProcessStatus::KeepAlive
        } else {
            ProcessStatus::Normal
        }
    }
}

/// A bounce must not begin without its pack. Only while the host renders a file, and not for ever.
fn wait_for_pack(session: &Session, audio: &mut Audio) {
    let begun = Instant::now();
    while session.pending() && begun.elapsed() < LONGEST_WAIT {
        // Older packs may fill the way to the engine.
        audio.exchange_packs();
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Gives the window what fits of the output, the mean of both sides. Real-time safe.
fn show(shown: &mut rtrb::Producer<f32>, left: &[f32], right: &[f32]) {
    let frames = left.len().min(shown.slots());
    if let Ok(chunk) = shown.write_chunk_uninit(frames) {
        chunk.fill_from_iter(left.iter().zip(right).map(|(left, right)| (left + right) * 0.5));
    }
}

fn silence(buffer: &mut Buffer) {
    for channel in buffer.as_slice() {
        channel.fill(0.0);
    }
}

impl Plugin for Betwixt {
    const NAME: &'static str = "Betwixt";
    /// With more events in a block the framework allocates on the audio thread.
    const INPUT_EVENT_CAPACITY: usize = 16_384;
    const VENDOR: &'static str = "Betwixt";
    const URL: &'static str = "";
    const EMAIL: &'static str = "";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");
    const AUDIO_IO_LAYOUTS: &'static [AudioIOLayout] =
        &[AudioIOLayout { main_output_channels: Some(new_nonzero_u32(2)), ..AudioIOLayout::const_default() }];
    const MIDI_INPUT: MidiConfig = MidiConfig::MidiCCs;
    const SAMPLE_ACCURATE_AUTOMATION: bool = true;

    type Editor = BetwixtEditor;
    type SysExMessage = ();
    type BackgroundTask = ();

    fn params(&self) -> Arc<dyn Params> {
        self.session.clone()
    }

    fn editor(&mut self, _executor: AsyncExecutor<Self>) -> Option<Self::Editor> {
        window::editor(self.session.clone(), self.player.take()?, self.viewer.take()?)
    }

    fn setup_logger() -> Option<bool> {
        Some(crate::log::begin())
    }

    fn filter_state(state: &mut PluginState) {
        state::filter(state);
    }

    fn activate(
        &mut self,
        _layout: &AudioIOLayout,
        config: &BufferConfig,
        context: &mut impl ActivateContext<Self>,
    ) -> bool {
        let (engine, handle) = Engine::new(EngineConfig {
            sample_rate_hz: f64::from(config.sample_rate),
            max_block_frames: config.max_buffer_size as usize,
            seed: SEED,
        });
        let offline = config.process_mode == ProcessMode::Offline;
        let (rate, stars) = (f64::from(config.sample_rate), self.session.stars().clone());
        self.audio = Some(Audio::new(engine, rate, &self.session.parameters, stars, offline));
        self.session.set_sample_rate_hz(config.sample_rate);
        self.broken = false;
        self.meter = Meter::new(f64::from(config.sample_rate));
        self.session.connect(handle);
        context.set_current_voice_capacity(self.session.parameters.plain(Param::Voices) as u32);
        true
    }

    fn reset(&mut self) {
        if let Some(audio) = &mut self.audio {
            audio.reset(&self.session.parameters);
        }
    }

    fn process(
        &mut self,
        buffer: &mut Buffer,
        _aux: &mut AuxiliaryBuffers,
        context: &mut impl ProcessContext<Self>,
    ) -> ProcessStatus {
        if !self.broken {
            // A panic would cross into the host and end it.
            match catch_unwind(AssertUnwindSafe(|| self.render(buffer, context))) {
                Ok(status) => return status,
                Err(_) => self.broken = true,
            }
        }
        silence(buffer);
        ProcessStatus::Normal
    }
}

impl ClapPlugin for Betwixt {
    const CLAP_ID: &'static str = "audio.betwixt.Betwixt";
    const CLAP_DESCRIPTION: Option<&'static str> =
        Some("Four sounds on the corners of a pad, and everything in between");
    const CLAP_MANUAL_URL: Option<&'static str> = None;
    const CLAP_SUPPORT_URL: Option<&'static str> = None;
    const CLAP_FEATURES: &'static [ClapFeature] =
        &[ClapFeature::Instrument, ClapFeature::Synthesizer, ClapFeature::Sampler, ClapFeature::Stereo];
    const CLAP_POLY_MODULATION_CONFIG: Option<PolyModulationConfig> = Some(PolyModulationConfig {
        max_voice_capacity: betwixt_engine::limits::VOICES as u32,
        supports_overlapping_voices: true,
    });

    fn remote_controls(&self, context: &mut impl RemoteControlsContext) {
        context.add_section("Betwixt", |section| {
            for (name, params) in PAGES {
                section.add_page(*name, |page| params.iter().for_each(|p| self.session.parameters.put_on(page, *p)));
            }
        });
    }
}

impl Vst3Plugin for Betwixt {
    const VST3_CLASS_ID: [u8; 16] = *b"BetwixtXYMorph01";
    const VST3_SUBCATEGORIES: &'static [Vst3SubCategory] =
        &[Vst3SubCategory::Instrument, Vst3SubCategory::Synth, Vst3SubCategory::Sampler, Vst3SubCategory::Stereo];
}

#[cfg(test)]
mod tests;
