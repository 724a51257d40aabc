//! What a musician would notice of the way from the host to the engine: notes that start late, early or not at all.

use std::sync::Arc;

use betwixt_engine::engine::{EngineConfig, EngineHandle};
use betwixt_engine::resident::{CellAudio, PlayNote, PlayPack};
use nice_plug::midi::{Channel, Key, VoiceID};

use super::*;

/// A pack whose every note is a constant 1, for ever.
fn constant_pack() -> Arc<PlayPack> {
    let cell = Arc::new(CellAudio::from_f32(&[[1.0; 2]; 48_000]).unwrap());
    let note = PlayNote {
        root: 60,
        keys: (0, 127),
        velocities: (1, 127),
        tune_cents: 0.0,
        frames: 48_000,
        loop_frames: Some(betwixt_engine::resident::LoopFrames { start: 1000, end: 40_000 }),
        coherent: true,
        cells: vec![cell].into(),
    };
    Arc::new(PlayPack::new(1, 1, 48_000.0, vec![note]))
}

struct Rig {
    audio: Audio,
    parameters: Parameters,
    player: Player,
    played: rtrb::Consumer<EventKind>,
    _handle: EngineHandle,
}

fn set(parameters: &Parameters, param: Param, plain: f64) {
    let value = crate::parameters::normalised_of(param, plain);
    // SAFETY: the parameters outlive the pointer.
    unsafe { parameters.pointer(param)._internal_set_normalized_value(value) };
}

fn rig() -> Rig {
    let config = EngineConfig { sample_rate_hz: 48_000.0, max_block_frames: 512, seed: 1 };
    let (engine, mut handle) = Engine::new(config);
    handle.send_pack(constant_pack()).unwrap();
    let parameters = Parameters::new();
    set(&parameters, Param::Attack, 0.0);
    set(&parameters, Param::Velocity, 0.0);
    set(&parameters, Param::Release, 0.005);
    let audio = Audio::new(engine, &parameters, false);
    let (player, played) = player();
    Rig { audio, parameters, player, played, _handle: handle }
}

impl Rig {
    fn slice(&mut self, frames: usize, input: &[NoteEvent<()>]) -> (Vec<f32>, Vec<EndedNote>) {
        let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
        let mut notes = Vec::new();
        let input = input.iter().copied();
        let Rig { audio, parameters, played, .. } = self;
        audio.slice([&mut left, &mut right], parameters, played, input, |n| notes.push(n));
        (left, notes)
    }
}

fn on(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel, key) = (VoiceID::ID(i32::from(key)), Channel::Number(0), Key::Number(key));
    NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: 1.0 }
}

fn off(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel, key) = (VoiceID::ID(i32::from(key)), Channel::Number(0), Key::Number(key));
    NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
}

fn onset(audio: &[f32]) -> Option<usize> {
    audio.iter().position(|s| *s != 0.0)
}

#[test]
fn a_note_starts_at_its_frame() {
    let mut rig = rig();
    let (audio, _) = rig.slice(128, &[on(50, 60)]);
    assert_eq!(onset(&audio), Some(50));
}

#[test]
fn a_note_at_a_slices_end_starts_at_frame_0_of_the_next() {
    let mut rig = rig();
    let (audio, _) = rig.slice(50, &[on(50, 60)]);
    assert_eq!(onset(&audio), None);
    assert!(rig.audio.sounds(), "the host must not put us to sleep now");
    let (audio, _) = rig.slice(78, &[]);
    assert_eq!(onset(&audio), Some(0));
}

#[test]
fn a_carried_note_off_comes_before_the_next_note_on() {
    let mut rig = rig();
    rig.slice(50, &[on(0, 60), off(50, 60)]);
    let mut ended = rig.slice(500, &[on(0, 60), off(499, 60)]).1.len();
    for _ in 0..60 {
        ended += rig.slice(128, &[]).1.len();
    }
    assert_eq!((ended, rig.audio.sounds()), (2, false));
}

#[test]
fn a_reset_forgets_what_was_on_its_way() {
    let mut rig = rig();
    rig.slice(50, &[on(50, 60)]);
    rig.audio.reset(&rig.parameters);
    let (audio, _) = rig.slice(78, &[]);
    assert_eq!(onset(&audio), None);
}

#[test]
fn thousands_of_events_in_one_block_all_arrive() {
    let mut rig = rig();
    let mut events: Vec<_> =
        (0..3000).map(|i| NoteEvent::MidiCC { timing: i / 50, channel: 0, cc: 1, value: 0.5 }).collect();
    events.push(on(60, 60));
    events.extend((0..3000).map(|_| NoteEvent::MidiCC { timing: 60, channel: 0, cc: 1, value: 0.5 }));
    events.push(off(61, 60));
    let (audio, _) = rig.slice(128, &events);
    assert_eq!(onset(&audio), Some(60));
    let ended: usize = (0..60).map(|_| rig.slice(128, &[]).1.len()).sum();
    assert_eq!(ended, 1, "the note-off behind them all");
}

#[test]
fn the_end_of_a_note_is_told_with_its_frame_and_id() {
    let mut rig = rig();
    rig.slice(128, &[on(0, 61), off(100, 61)]);
    let (mut frame, mut found) = (128, None);
    while found.is_none() && frame < 48_000 {
        let (audio, ended) = rig.slice(100, &[]);
        if let Some(note) = ended.first() {
            assert_eq!(note.note.id, 61);
            assert!(audio[note.frame as usize + 1..].iter().all(|s| *s == 0.0), "it sounds on after its end");
            found = Some(frame + note.frame as usize);
        }
        frame += 100;
    }
    let frame = found.expect("the note never ended");
    assert!((100..100 + 48 * 200).contains(&frame), "{frame}");
}

#[test]

fn automation_reaches_the_engine_and_modulation_too() {
    let mut rig = rig();
    rig.slice(128, &[on(0, 60)]);
    set(&rig.parameters, Param::Gain, f64::NEG_INFINITY);
    rig.slice(2048, &[]);
    let (audio, _) = rig.slice(128, &[]);
    assert!(audio.iter().all(|s| s.abs() < 1e-4), "volume down");
    set(&rig.parameters, Param::Gain, 0.0);
    rig.slice(4096, &[]);
    let (audio, _) = rig.slice(128, &[]);
    assert!(audio.iter().all(|s| (s - 1.0).abs() < 1e-3), "and up again");
    // SAFETY: the parameters outlive the pointer.
    unsafe { rig.parameters.pointer(Param::Gain)._internal_modulate_value(-1.0) };
    rig.slice(4096, &[]);
    let (audio, _) = rig.slice(128, &[]);
    assert!(audio.iter().all(|s| s.abs() < 1e-4), "modulated down");
}

#[test]
fn the_windows_keys_play() {
    let mut rig = rig();
    let note = betwixt_engine::event::NoteRef { id: -1, channel: 0, key: 60 };
    rig.player.push(EventKind::NoteOn { note, velocity: 1.0 }).unwrap();
    let (audio, _) = rig.slice(128, &[]);
    assert_eq!(onset(&audio), Some(0));
}

#[test]
fn a_block_of_no_frames_keeps_its_notes() {
    let mut rig = rig();
    rig.slice(0, &[on(0, 60)]);
    let (audio, _) = rig.slice(128, &[]);
    assert_eq!(onset(&audio), Some(0));
}
