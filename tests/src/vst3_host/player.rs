//! The audio side of an instance.

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, ProcessData, SymbolicSampleSizes_,
};
use vst3::Steinberg::{int32, kResultOk};

use super::Score;
use super::queues::{Changes, Events};

/// Calls `process`, block by block. It may go to another thread, and must be dropped before its
/// instance is stopped.
pub struct Player {
    processor: ComPtr<IAudioProcessor>,
    mode: int32,
    max_frames: usize,
    clock: u64,
}

// SAFETY: VST3 calls `process` from whatever thread the host likes, one call at a time.
unsafe impl Send for Player {}

impl Player {
    pub(super) fn new(processor: ComPtr<IAudioProcessor>, mode: int32, max_frames: usize) -> Self {
        Self { processor, mode, max_frames, clock: 0 }
    }

    /// The next `frames` frames, in blocks of `block`, as left and right. The score's frame 0 is the
    /// first frame of this call.
    ///
    /// # Panics
    /// When the plugin refuses a block.
    pub fn render(&mut self, score: &Score, frames: usize, block: usize) -> (Vec<f32>, Vec<f32>) {
        let (mut left, mut right) = (vec![0.0; frames], vec![0.0; frames]);
        let mut at = 0;
        while at < frames {
            let size = block.clamp(1, self.max_frames).min(frames - at);
            self.block(score, at as u64, &mut left[at..at + size], &mut right[at..at + size]);
            at += size;
        }
        (left, right)
    }

    fn block(&mut self, score: &Score, start: u64, left: &mut [f32], right: &mut [f32]) {
        let frames = left.len();
        let changes = Changes::list(score.changes(start, frames as u64));
        let events = Events::list(score.events(start, frames as u64));
        let mut channels = [left.as_mut_ptr(), right.as_mut_ptr()];
        let mut bus = AudioBusBuffers {
            numChannels: 2,
            silenceFlags: 0,
            __field0: AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() },
        };
        let mut data = ProcessData {
            processMode: self.mode,
            symbolicSampleSize: SymbolicSampleSizes_::kSample32 as int32,
            numSamples: frames as int32,
            numInputs: 0,
            numOutputs: 1,
            inputs: std::ptr::null_mut(),
            outputs: &raw mut bus,
            inputParameterChanges: changes.as_ptr(),
            outputParameterChanges: std::ptr::null_mut(),
            inputEvents: events.as_ptr(),
            outputEvents: std::ptr::null_mut(),
            processContext: std::ptr::null_mut(),
        };
        // SAFETY: every pointer is to something that lives until the call is over.
        let result = unsafe { self.processor.process(&raw mut data) };
        assert_eq!(result, kResultOk, "process of {frames} frames at {}", self.clock);
        self.clock += frames as u64;
    }
}
