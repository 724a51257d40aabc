//! The audio side of an instance: blocks in, blocks out.

use super::calls::RecordingHost;
use super::{HostFailure, ParamRow};
use crate::take::Take;
use crate::timeline::Timeline;
use clack_extensions::tail::{PluginTail, TailLength};
use clack_host::events::event_types::{TransportEvent, TransportFlags};
use clack_host::events::spaces::CoreEventSpace;
use clack_host::events::{EventFlags, EventHeader, Match};
use clack_host::prelude::*;
use clack_host::utils::{BeatTime, SecondsTime};
use std::iter::Empty;
use std::time::{Duration, Instant};

/// The started audio side. `Send`: a host runs it on a thread of its own.
pub struct Processor {
    audio: StartedPluginAudioProcessor<RecordingHost>,
    inputs: AudioPorts,
    outputs: AudioPorts,
    events_out: EventBuffer,
    sample_rate_hz: f64,
    max_frames: u32,
    tempo_bpm: f64,
    clock_frames: u64,
}

/// What the plugin sent out of a block.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Frames since the processor started.
    pub frame: u64,
    /// What it was.
    pub kind: OutputKind,
}

/// An event from the plugin.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputKind {
    /// A note has ended (−1: any).
    NoteEnd {
        /// Note id.
        id: i32,
        /// Channel.
        channel: i16,
        /// Key.
        key: i16,
    },
    /// The user took hold of a control.
    GestureBegin(u32),
    /// The user let go.
    GestureEnd(u32),
    /// The plugin changed a parameter, in the host's range.
    Param(u32, f64),
    /// Anything else.
    Other,
}

/// One processed block.
#[derive(Debug, Clone)]
pub struct Block {
    /// What the plugin answered.
    pub status: ProcessStatus,
    /// Time inside `process`.
    pub spent: Duration,
    /// Events from the plugin.
    pub output: Vec<Output>,
}

impl Processor {
    pub(super) fn start(
        stopped: StoppedPluginAudioProcessor<RecordingHost>,
        sample_rate_hz: f64,
        max_frames: u32,
    ) -> Result<Processor, HostFailure> {
        let audio = stopped.start_processing().map_err(|e| HostFailure::plugin("start_processing", e))?;
        Ok(Processor {
            audio,
            inputs: AudioPorts::with_capacity(0, 0),
            outputs: AudioPorts::with_capacity(2, 1),
            events_out: EventBuffer::with_capacity(1024),
            sample_rate_hz,
            max_frames,
            tempo_bpm: 120.0,
            clock_frames: 0,
        })
    }

    pub(super) fn stop(self) -> StoppedPluginAudioProcessor<RecordingHost> {
        self.audio.stop_processing()
    }

    /// The rate at which it was activated.
    pub fn sample_rate_hz(&self) -> f64 {
        self.sample_rate_hz
    }

    /// Frames processed since the start.
    pub fn clock_frames(&self) -> u64 {
        self.clock_frames
    }

    /// The tempo that the transport tells.
    pub fn set_tempo(&mut self, bpm: f64) {
        self.tempo_bpm = bpm;
    }

    /// Forgets all sound.
    pub fn reset(&mut self) {
        self.audio.reset();
    }

    /// What the plugin says of its tail.
    pub fn tail(&mut self) -> TailLength {
        let Some(tail) = self.audio.shared_plugin_handle().get_extension::<PluginTail>() else {
            return TailLength::default();
        };
        tail.get(&self.audio.plugin_handle())
    }

    fn transport(&self) -> TransportEvent {
        let seconds = self.clock_frames as f64 / self.sample_rate_hz;
        let beats = seconds * self.tempo_bpm / 60.0;
        TransportEvent {
            header: EventHeader::new_core(0, EventFlags::empty()),
            flags: TransportFlags::HAS_TEMPO
                | TransportFlags::HAS_BEATS_TIMELINE
                | TransportFlags::HAS_SECONDS_TIMELINE
                | TransportFlags::HAS_TIME_SIGNATURE
                | TransportFlags::IS_PLAYING,
            song_pos_beats: BeatTime::from_float(beats),
            song_pos_seconds: SecondsTime::from_float(seconds),
            tempo: self.tempo_bpm,
            tempo_inc: 0.0,
            loop_start_beats: BeatTime::from_int(0),
            loop_end_beats: BeatTime::from_int(0),
            loop_start_seconds: SecondsTime::from_int(0),
            loop_end_seconds: SecondsTime::from_int(0),
            bar_start: BeatTime::from_int((beats / 4.0) as i64 * 4),
            bar_number: (beats / 4.0) as i32,
            time_signature_numerator: 4,
            time_signature_denominator: 4,
        }
    }

    /// Processes one block into `left` and `right`. The buffers go in full of NaN, so that a frame
    /// which the plugin leaves out shows.
    ///
    /// # Errors
    /// When the plugin reports an error.
    pub fn process(&mut self, left: &mut [f32], right: &mut [f32], events: &EventBuffer) -> Result<Block, HostFailure> {
        left.fill(f32::NAN);
        right.fill(f32::NAN);
        let frames = left.len() as u64;
        let transport = self.transport();
        let input = self.inputs.with_input_buffers(no_inputs());
        let mut output = self.outputs.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only([&mut *left, &mut *right].into_iter()),
        }]);
        self.events_out.clear();
        let begin = Instant::now();
        let status = self
            .audio
            .process(
                &input,
                &mut output,
                &events.as_input(),
                &mut self.events_out.as_output(),
                Some(self.clock_frames),
                Some(&transport),
            )
            .map_err(|e| HostFailure::plugin("process", e))?;
        let spent = begin.elapsed();
        let output = self.events_out.iter().map(|e| translate(e, self.clock_frames)).collect();
        self.clock_frames += frames;
        Ok(Block { status, spent, output })
    }

    /// Processes one block and hands the bare call into the plugin to `measure`, which runs it once
    /// and says what it measured.
    ///
    /// # Errors
    /// When the plugin reports an error.
    pub fn process_counted<T>(
        &mut self,
        left: &mut [f32],
        right: &mut [f32],
        events: &EventBuffer,
        measure: &mut dyn FnMut(&mut dyn FnMut()) -> T,
    ) -> Result<T, HostFailure> {
        let transport = self.transport();
        let frames = left.len() as u64;
        let input = self.inputs.with_input_buffers(no_inputs());
        let mut output = self.outputs.with_output_buffers([AudioPortBuffer {
            latency: 0,
            channels: AudioPortBufferType::f32_output_only([&mut *left, &mut *right].into_iter()),
        }]);
        self.events_out.clear();
        let (events_in, mut events_out) = (events.as_input(), self.events_out.as_output());
        let mut result = None;
        let measured = measure(&mut || {
            let (clock, transport) = (Some(self.clock_frames), Some(&transport));
            result = Some(self.audio.process(&input, &mut output, &events_in, &mut events_out, clock, transport));
        });
        self.clock_frames += frames;
        match result {
            Some(Err(e)) => Err(HostFailure::plugin("process", e)),
            _ => Ok(measured),
        }
    }

    /// Plays a timeline from now on for `frames` frames, in blocks of the sizes that `sizes` gives
    /// (each at most what the instance was activated with). The timeline's frame 0 is now.
    ///
    /// # Errors
    /// When the plugin reports an error.
    pub fn play(
        &mut self,
        timeline: &Timeline,
        params: &[ParamRow],
        frames: usize,
        mut sizes: impl FnMut() -> usize,
    ) -> Result<Take, HostFailure> {
        let mut take = Take::new(self.sample_rate_hz, frames);
        let start = self.clock_frames;
        let mut at = 0;
        while at < frames {
            let size = sizes().clamp(1, self.max_frames as usize).min(frames - at);
            let events = timeline.window(at as u64, size as u64, params);
            let range = at..at + size;
            let block = self.process(&mut take.left[range.clone()], &mut take.right[range], &events)?;
            take.note(at, size, start, block);
            at += size;
        }
        Ok(take)
    }
}

type NoPort = AudioPortBuffer<Empty<InputChannel<'static, f32>>, Empty<InputChannel<'static, f64>>>;

/// The plugin is an instrument: no audio goes in.
fn no_inputs() -> Empty<NoPort> {
    std::iter::empty()
}

fn translate(event: &UnknownEvent, clock: u64) -> Output {
    let param = |id: Option<ClapId>| id.map_or(u32::MAX, ClapId::get);
    let kind = match event.as_core_event() {
        Some(CoreEventSpace::NoteEnd(e)) => {
            OutputKind::NoteEnd { id: e.note_id().to_raw(), channel: raw(e.channel()), key: raw(e.key()) }
        }
        Some(CoreEventSpace::ParamGestureBegin(e)) => OutputKind::GestureBegin(param(e.param_id())),
        Some(CoreEventSpace::ParamGestureEnd(e)) => OutputKind::GestureEnd(param(e.param_id())),
        Some(CoreEventSpace::ParamValue(e)) => OutputKind::Param(param(e.param_id()), e.value()),
        _ => OutputKind::Other,
    };
    Output { frame: clock + u64::from(event.header().time()), kind }
}

fn raw(m: Match<u16>) -> i16 {
    m.to_raw()
}
