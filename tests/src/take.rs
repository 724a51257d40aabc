//! What was recorded: the audio, and the events that came out beside it.

use crate::clap_host::{Block, Output, OutputKind};
use clack_host::prelude::ProcessStatus;
use std::ops::Range;
use std::time::Duration;

/// A recording of the plugin's output.
#[derive(Debug, Clone)]
pub struct Take {
    /// Rate in Hz.
    pub sample_rate_hz: f64,
    /// Left channel.
    pub left: Vec<f32>,
    /// Right channel.
    pub right: Vec<f32>,
    /// Events from the plugin, at frames of this take.
    pub output: Vec<Output>,
    /// The plugin's answer to each block, with the block's first frame.
    pub statuses: Vec<(usize, ProcessStatus)>,
    /// Time inside the plugin.
    pub spent: Duration,
    /// The most of its own length that a block took (1 = a dropout in a live host).
    pub worst_load: f64,
}

impl Take {
    /// An empty recording of so many frames.
    pub fn new(sample_rate_hz: f64, frames: usize) -> Take {
        Take {
            sample_rate_hz,
            left: vec![0.0; frames],
            right: vec![0.0; frames],
            output: Vec::new(),
            statuses: Vec::new(),
            spent: Duration::ZERO,
            worst_load: 0.0,
        }
    }

    pub(crate) fn note(&mut self, at: usize, size: usize, clock_start: u64, block: Block) {
        self.output.extend(block.output.into_iter().map(|o| Output { frame: o.frame - clock_start, ..o }));
        self.statuses.push((at, block.status));
        self.spent += block.spent;
        self.worst_load = self.worst_load.max(block.spent.as_secs_f64() * self.sample_rate_hz / size as f64);
    }

    /// Length in frames.
    pub fn frames(&self) -> usize {
        self.left.len()
    }

    /// Length in seconds.
    pub fn seconds(&self) -> f64 {
        self.frames() as f64 / self.sample_rate_hz
    }

    /// A part of it, without its events.
    pub fn part(&self, range: Range<usize>) -> Take {
        let mut part = Take::new(self.sample_rate_hz, 0);
        part.left = self.left[range.clone()].to_vec();
        part.right = self.right[range].to_vec();
        part
    }

    /// Puts another take behind this one.
    pub fn append(&mut self, mut next: Take) {
        let offset = self.frames();
        for output in &mut next.output {
            output.frame += offset as u64;
        }
        self.left.append(&mut next.left);
        self.right.append(&mut next.right);
        self.output.append(&mut next.output);
        self.statuses.extend(next.statuses.into_iter().map(|(at, s)| (at + offset, s)));
        self.spent += next.spent;
        self.worst_load = self.worst_load.max(next.worst_load);
    }

    /// The mean of both channels.
    pub fn mono(&self) -> Vec<f32> {
        self.left.iter().zip(&self.right).map(|(l, r)| 0.5 * (l + r)).collect()
    }

    /// The first frame at which either channel is louder than `threshold`.
    pub fn onset(&self, threshold: f32) -> Option<usize> {
        self.left.iter().zip(&self.right).position(|(l, r)| l.abs() > threshold || r.abs() > threshold)
    }

    /// The first frame at which this and another take are not the same bits.
    pub fn first_difference(&self, other: &Take) -> Option<usize> {
        let same = |a: f32, b: f32| a.to_bits() == b.to_bits() || a == b;
        (0..self.frames().min(other.frames()))
            .find(|&i| !same(self.left[i], other.left[i]) || !same(self.right[i], other.right[i]))
            .or_else(|| (self.frames() != other.frames()).then(|| self.frames().min(other.frames())))
    }

    /// Notes that ended: note id, frame.
    pub fn note_ends(&self) -> Vec<(i32, u64)> {
        self.output
            .iter()
            .filter_map(|o| match o.kind {
                OutputKind::NoteEnd { id, .. } => Some((id, o.frame)),
                _ => None,
            })
            .collect()
    }
}
