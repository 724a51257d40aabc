//! What a musician would notice of the way from the host to the engine: notes that start late, early or not at all.

use std::sync::Arc;

use betwixt_engine::engine::{EngineConfig, EngineHandle};
use betwixt_engine::resident::{CellAudio, PlayNote, PlayPack};
use nice_plug::midi::{Channel, Key, VoiceID};

use super::*;

/// A pack whose every note is a constant 1, for ever.
fn constant_pack() -> Arc<PlayPack> {
    Arc::new(PlayPack::new(1, 1, 48_000.0, vec![constant_note()]))
}

fn constant_note() -> PlayNote {
    let cell = Arc::new(CellAudio::from_f32(&[[1.0; 2]; 48_000]).unwrap());
    PlayNote {
        root: 60,
        keys: (0, 127),
        velocities: (1, 127),
        tune_cents: 0.0,
        frames: 48_000,
        loop_frames: Some(betwixt_engine::resident::LoopFrames { start: 1000, end: 40_000 }),
        coherent: true,
        cells: vec![cell].into(),
    }
}

struct Rig {
    stars: Arc<StarTable>,
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
    rig_of(constant_pack())
}

/// A rig whose note says where the point is: 0 at the left, 1 at the right.
fn ramp_rig() -> Rig {
    let cell = |level: f32| Arc::new(CellAudio::from_f32(&[[level; 2]; 48_000]).unwrap());
    let note = PlayNote { cells: vec![cell(0.0), cell(1.0)].into(), ..constant_note() };
    let rig = rig_of(Arc::new(PlayPack::new(2, 1, 48_000.0, vec![note])));
    set(&rig.parameters, Param::GlideXy, 0.0);
    set(&rig.parameters, Param::X, 0.25);
    rig
}

fn stars(rig: &Rig, json: &str) {
    let text = format!(r#"{{"format":"betwixt-preset","version":1,{json}}}"#);
    rig.stars.set(&betwixt_engine::preset::Preset::parse(&text).unwrap().0);
}

fn program(timing: u32, program: u8) -> NoteEvent<()> {
    NoteEvent::MidiProgramChange { timing, channel: 0, program }
}

fn rig_of(pack: Arc<PlayPack>) -> Rig {
    let config = EngineConfig { sample_rate_hz: 48_000.0, max_block_frames: 512, seed: 1 };
    let (engine, mut handle) = Engine::new(config);
    handle.send_pack(pack).unwrap();
    let parameters = Parameters::new();
    set(&parameters, Param::Attack, 0.0);
    set(&parameters, Param::Velocity, 0.0);
    set(&parameters, Param::Release, 0.005);
    let stars = Arc::<StarTable>::default();
    let audio = Audio::new(engine, 48_000.0, &parameters, stars.clone(), false);
    let (player, played) = player();
    Rig { stars, audio, parameters, player, played, _handle: handle }
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

const TWO: &str = r#""stars":[{"x":1,"y":0},{"x":0,"y":1}]"#;

#[test]
fn a_program_change_before_a_note_says_where_it_begins() {
    let mut rig = ramp_rig();
    stars(&rig, TWO);
    let (audio, _) = rig.slice(512, &[program(20, 0), on(20, 60)]);
    assert_eq!(onset(&audio), Some(20));
    assert!((audio[500] - 1.0).abs() < 1e-3, "{}", audio[500]);
    let (audio, _) = rig.slice(512, &[program(0, 7), program(9, 200)]);
    assert!((audio[500] - 1.0).abs() < 1e-3, "there is no such star");
    let (audio, _) = rig.slice(512, &[program(0, 1)]);
    assert!(audio[500].abs() < 1e-3, "{}", audio[500]);
    let (audio, _) = rig.slice(100, &[on(0, 61), program(100, 0)]);
    assert!(audio[99].abs() < 1e-3);
    let (audio, _) = rig.slice(200, &[]);
    assert!(audio[199] > 0.9, "one at a slice's end counts in the next");
}

#[test]
fn keys_of_stars_recall_and_do_not_sound() {
    let mut rig = ramp_rig();
    stars(&rig, &format!(r#"{TWO},"star_keys":24"#));
    let (audio, ended) = rig.slice(256, &[on(10, 24), on(50, 60), off(90, 24)]);
    assert_eq!(onset(&audio), Some(50));
    assert_eq!(ended.iter().map(|n| (n.note.key, n.frame)).collect::<Vec<_>>(), [(24, 10)], "hosts wait for its end");
    assert!((audio[255] - 1.0).abs() < 1e-2);
    assert_eq!(rig.audio.feed.engine.sounding(), 1);
    let ended = rig.slice(4096, &[on(0, 26), off(5, 60)]).1;
    assert_eq!(
        (ended.len(), rig.audio.feed.engine.sounding()),
        (1, 1),
        "only the note; 26 is no star's key and sounds on"
    );
    // The window's keys as well.
    let note = betwixt_engine::event::NoteRef { id: -1, channel: 0, key: 25 };
    rig.player.push(EventKind::NoteOn { note, velocity: 1.0 }).unwrap();
    let sounding = rig.audio.feed.engine.sounding();
    rig.slice(256, &[]);
    assert_eq!((rig.audio.feed.engine.sounding(), rig.stars.seen().goal), (sounding, [Some(0.0), Some(1.0)]));
}

#[test]
fn the_way_to_a_star_is_linear_and_sounds_the_same_in_blocks_of_any_size() {
    let play = |block: usize| {
        let mut rig = ramp_rig();
        stars(&rig, &format!(r#"{TWO},"star_glide":0.1"#));
        let mut out = rig.slice(32, &[on(0, 60)]).0;
        let mut input = vec![program(7, 0)];
        if block < 8 {
            out.extend(rig.slice(7, &[]).0);
            input = vec![program(0, 0)];
        }
        while out.len() < 32 + 6000 {
            let frames = block.min(32 + 6000 - out.len());
            out.extend(rig.slice(frames, &input).0);
            input.clear();
        }
        assert!(!rig.audio.moves());
        out
    };
    let whole = play(6000);
    for (frame, level) in [(32, 0.25), (32 + 7 + 2400, 0.625), (32 + 7 + 4800 + 64, 1.0)] {
        assert!((whole[frame] - level).abs() < 0.01, "{frame}: {} not {level}", whole[frame]);
    }
    for block in [1, 64, 333, 2048] {
        assert!(play(block) == whole, "{block}");
    }
}

#[test]
fn a_recalled_place_lasts_until_x_or_y_is_set_anew() {
    let mut rig = ramp_rig();
    stars(&rig, TWO);
    rig.slice(64, &[on(0, 60), program(0, 0)]);
    let (audio, _) = rig.slice(512, &[]);
    assert!(audio[511] > 0.99);
    rig.audio.reset(&rig.parameters);
    let (audio, _) = rig.slice(512, &[on(0, 60)]);
    assert!(audio[511] > 0.99, "it outlasts a reset");
    set(&rig.parameters, Param::X, 0.5);
    let (audio, _) = rig.slice(512, &[]);
    assert!((audio[511] - 0.5).abs() < 1e-3, "{}", audio[511]);
    assert_eq!(rig.stars.seen().goal, [None, Some(0.0)], "Y stays where the star is");
    set(&rig.parameters, Param::Y, 0.9);
    rig.slice(64, &[]);
    assert_eq!(rig.stars.seen().goal, [None; 2]);
}

#[test]
fn a_window_that_follows_does_not_stop_the_way() {
    let mut rig = ramp_rig();
    stars(&rig, &format!(r#"{TWO},"star_glide":0.1"#));
    let mut audio = rig.slice(64, &[on(0, 60), program(0, 0)]).0;
    // Every other block the host echoes where the point was two blocks ago.
    let mut ago = [None; 3];
    for i in 0..100 {
        ago = [ago[1], ago[2], rig.stars.seen().now[0]];
        if let (0, Some(x)) = (i % 2, ago[0]) {
            rig.stars.expect(0, x);
            set(&rig.parameters, Param::X, f64::from(x));
        }
        audio.extend(rig.slice(64, &[]).0);
    }
    assert!((audio[2400] - 0.625).abs() < 0.01 && audio[5000] > 0.99, "{} {}", audio[2400], audio[5000]);
    assert_eq!(rig.stars.seen().goal[0], None, "the parameter has followed all the way");
    assert!(audio.last().unwrap() > &0.99);
}
