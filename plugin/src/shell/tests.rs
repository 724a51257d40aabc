//! The whole plugin between a pretended host and a real pack on a real disk.

use std::collections::VecDeque;
use std::path::Path;

use nice_plug::context::process::{SendEventError, Transport};
use nice_plug::prelude::{PluginApi, PluginNoteEvent};

use super::*;
use crate::desk::{Status, Wish};
use crate::testing::write_pack;

/// Stands for the framework's wrapper.
struct Host {
    transport: Transport,
    input: VecDeque<NoteEvent<()>>,
    ended: Vec<(u32, Option<i32>)>,
    /// Stands for a fault of ours.
    faulty: bool,
}

impl ActivateContext<Betwixt> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    fn execute(&self, _task: ()) {
        panic!("background tasks of the framework are not used");
    }
    fn set_latency_samples(&self, samples: u32) {
        assert_eq!(samples, 0);
    }
    fn set_current_voice_capacity(&self, capacity: u32) {
        assert!((1..=128).contains(&capacity));
    }
}

impl ProcessContext<Betwixt> for Host {
    fn plugin_api(&self) -> PluginApi {
        PluginApi::Clap
    }
    fn execute_background(&self, _task: ()) {
        panic!("background tasks of the framework are not used");
    }
    fn execute_gui(&self, _task: ()) {
        panic!("background tasks of the framework are not used");
    }
    fn transport(&self) -> &Transport {
        &self.transport
    }
    fn next_event(&mut self) -> Option<PluginNoteEvent<Betwixt>> {
        assert!(!self.faulty, "a fault, on purpose");
        self.input.pop_front()
    }
    fn try_send_event(
        &mut self,
        event: PluginNoteEvent<Betwixt>,
    ) -> Result<(), (PluginNoteEvent<Betwixt>, SendEventError)> {
        let NoteEvent::VoiceTerminated { timing, voice_id, .. } = event else { panic!("{event:?}") };
        if self.ended.len() < self.ended.capacity() {
            self.ended.push((timing, voice_id.id()));
        }
        Ok(())
    }
    fn set_latency_samples(&self, _samples: u32) {
        panic!("latency is zero");
    }
    fn request_restart(&self) {}
    fn set_current_voice_capacity(&self, _capacity: u32) {}
}

fn host() -> Host {
    Host {
        transport: Transport::new(48_000.0),
        input: VecDeque::with_capacity(64),
        ended: Vec::with_capacity(64),
        faulty: false,
    }
}

fn activate(plugin: &mut Betwixt, mode: ProcessMode) {
    let config =
        BufferConfig { sample_rate: 48_000.0, min_buffer_size: None, max_buffer_size: 4096, process_mode: mode };
    assert!(plugin.activate(&Betwixt::AUDIO_IO_LAYOUTS[0], &config, &mut host()));
    plugin.reset();
}

/// Calls `process` as the framework does; with the feature `allocs`, any allocation in it ends the test.
fn block(plugin: &mut Betwixt, host: &mut Host, frames: usize) -> (Vec<f32>, ProcessStatus) {
    let (mut left, mut right) = (vec![9.0; frames], vec![9.0; frames]);
    let mut buffer = Buffer::default();
    // SAFETY: both slices live until the buffer is dropped.
    unsafe {
        buffer.set_slices(frames, |slices| {
            slices.push(std::mem::transmute::<&mut [f32], &mut [f32]>(left.as_mut_slice()));
            slices.push(std::mem::transmute::<&mut [f32], &mut [f32]>(right.as_mut_slice()));
        });
    }
    let mut aux = AuxiliaryBuffers { inputs: &mut [], outputs: &mut [] };
    #[cfg(all(feature = "allocs", debug_assertions))]
    let status = nice_assert_no_alloc::assert_no_alloc(|| plugin.process(&mut buffer, &mut aux, host));
    #[cfg(not(all(feature = "allocs", debug_assertions)))]
    let status = plugin.process(&mut buffer, &mut aux, host);
    drop(buffer);
    (left, status)
}

fn on(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel, key) = (VoiceID::ID(i32::from(key)), Channel::Number(0), Key::Number(key));
    NoteEvent::NoteOn { timing, voice_id, channel, key, velocity: 1.0 }
}

fn off(timing: u32, key: u8) -> NoteEvent<()> {
    let (voice_id, channel, key) = (VoiceID::ID(i32::from(key)), Channel::Number(0), Key::Number(key));
    NoteEvent::NoteOff { timing, voice_id, channel, key, velocity: 0.0 }
}

/// A state as a host would give it back.
fn state(parameters: &str, pack: &str) -> PluginState {
    let object = format!(r#"{{"format":"betwixt-preset","version":1,"parameters":{parameters},"pack":{pack}}}"#);
    let fields = [(state::FIELD.to_owned(), object)].into();
    PluginState { version: String::new(), params: [].into(), fields }
}

/// As the framework loads a state.
fn load(plugin: &Betwixt, mut state: PluginState) {
    use nice_plug::plugin::ParamValue;
    Betwixt::filter_state(&mut state);
    for (id, value) in &state.params {
        let param = Param::from_id(id).unwrap();
        let normalised = match value {
            ParamValue::F32(v) => *v,
            ParamValue::I32(v) => crate::parameters::normalised_of(param, f64::from(*v)),
            ParamValue::Bool(on) => f32::from(u8::from(*on)),
            ParamValue::String(_) => panic!("no such parameter"),
        };
        // SAFETY: the session outlives the pointer.
        unsafe { plugin.session.parameters.pointer(param)._internal_set_normalized_value(normalised) };
    }
    plugin.session.deserialize_fields(&state.fields);
}

fn pack_json(path: &Path, name: &str) -> String {
    serde_json::json!({ "name": name, "sha256": null, "path": path }).to_string()
}

/// A plugin whose project names a pack on disk, activated.
fn with_pack(mode: ProcessMode) -> (tempfile::TempDir, Betwixt) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("p.btx");
    write_pack(&path, "P");
    let plugin = Betwixt::default();
    load(&plugin, state(r#"{"x":0,"y":0,"attack":0,"release":0.01,"velocity":0}"#, &pack_json(&path, "P")));
    let mut plugin = plugin;
    activate(&mut plugin, mode);
    (folder, plugin)
}

fn wait(plugin: &Betwixt) {
    let begun = Instant::now();
    while plugin.session.pending() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the pack never came");
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_note_of_a_projects_pack_sounds_at_its_frame_and_ends() {
    let (_folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let mut host = host();
    host.input.extend([on(50, 60)]);
    let (audio, status) = block(&mut plugin, &mut host, 128);
    assert_eq!(audio.iter().position(|s| *s != 0.0), Some(50));
    assert_eq!(status, ProcessStatus::KeepAlive);
    let (audio, _) = block(&mut plugin, &mut host, 4096);
    assert!(audio.iter().all(|s| (s - 0.1).abs() < 1e-3), "the lower left cell is 0.1, not {}", audio[4095]);
    host.input.extend([off(7, 60)]);
    let mut last = ProcessStatus::KeepAlive;
    for _ in 0..40 {
        last = block(&mut plugin, &mut host, 128).1;
    }
    assert_eq!(last, ProcessStatus::Normal, "the tail has an end");
    assert_eq!(host.ended.iter().map(|(_, id)| *id).collect::<Vec<_>>(), [Some(60)]);
}

#[test]
fn a_bounce_waits_for_its_pack() {
    let (_folder, mut plugin) = with_pack(ProcessMode::Offline);
    let mut host = host();
    host.input.extend([on(0, 60)]);
    let (audio, _) = block(&mut plugin, &mut host, 128);
    assert_eq!(audio.iter().position(|s| *s != 0.0), Some(0));
}

#[test]
fn a_missing_pack_is_told_kept_and_silent() {
    let mut plugin = Betwixt::default();
    load(&plugin, state("{}", r#"{"name":"Gone","sha256":"00","path":"/nowhere/gone.btx","mine":1}"#));
    activate(&mut plugin, ProcessMode::Realtime);
    wait(&plugin);
    let status = plugin.session.look_at_desk(|desk| desk.status.clone());
    assert!(matches!(status, Status::Failed { missing: true, .. }), "{status:?}");
    let saved = plugin.session.serialize_fields()[state::FIELD].clone();
    for part in ["Gone", "/nowhere/gone.btx", "mine"] {
        assert!(saved.contains(part), "{saved}");
    }
    let mut host = host();
    host.input.extend([on(0, 60)]);
    let (audio, status) = block(&mut plugin, &mut host, 128);
    assert!(audio.iter().all(|s| *s == 0.0));
    assert_eq!(status, ProcessStatus::Normal);
}

#[test]
fn a_project_comes_back_in_another_instance() {
    let (folder, plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    load(
        &plugin,
        state(r#"{"x":1,"gain":-6,"filter":"LP","lfo9_rate":2}"#, &pack_json(&folder.path().join("p.btx"), "P")),
    );
    let fields = plugin.session.serialize_fields();
    let other = Betwixt::default();
    load(&other, PluginState { version: String::new(), params: [].into(), fields: fields.clone() });
    assert_eq!(other.session.parameters.plain(Param::Gain), -6.0);
    assert_eq!(other.session.parameters.plain(Param::X), 1.0);
    assert_eq!(other.session.parameters.plain(Param::Y), 0.5, "a missing one takes its default");
    let again = other.session.serialize_fields();
    assert_eq!(again, fields);
    assert!(again[state::FIELD].contains("lfo9_rate"));
}

#[test]
fn what_cannot_be_read_leaves_parameters_and_pack_alone() {
    let (_folder, plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let before = plugin.session.serialize_fields();
    for object in ["", "{}", "[[[", r#"{"format":"betwixt-preset","version":9,"parameters":{"x":1}}"#] {
        let fields = [(state::FIELD.to_owned(), object.to_owned())].into();
        load(&plugin, PluginState { version: String::new(), params: [].into(), fields });
        assert_eq!(plugin.session.serialize_fields(), before, "{object}");
    }
    assert!(!plugin.session.pending());
}

#[test]
fn another_pack_takes_over_for_new_notes_while_one_sounds() {
    let (folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let mut host = host();
    host.input.extend([on(0, 60)]);
    block(&mut plugin, &mut host, 512);
    let other = folder.path().join("q.btx");
    write_pack(&other, "Q");
    plugin.session.wish(Wish::File(other.clone()));
    wait(&plugin);
    host.input.extend([on(0, 62)]);
    let (audio, _) = block(&mut plugin, &mut host, 512);
    assert!(audio[500] > 0.19, "both sound: {}", audio[500]);
    assert!(plugin.session.serialize_fields()[state::FIELD].contains("q.btx"), "the project remembers the choice");
    host.input.extend([off(0, 60), off(0, 62)]);
    for _ in 0..40 {
        block(&mut plugin, &mut host, 128);
    }
    assert_eq!(host.ended.len(), 2);
}

#[test]
fn states_may_be_loaded_while_it_plays() {
    let (folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let session = plugin.session.clone();
    let path = folder.path().join("p.btx");
    let loading = std::thread::spawn(move || {
        for i in 0..200 {
            let text = format!(
                r#"{{"format":"betwixt-preset","version":1,"parameters":{{"x":{}}},"pack":{}}}"#,
                f64::from(i) / 200.0,
                pack_json(&path, "P")
            );
            session.deserialize_fields(&[(state::FIELD.to_owned(), text)].into());
        }
    });
    let mut host = host();
    while !loading.is_finished() {
        host.input.extend([on(0, 60), off(100, 60)]);
        let (audio, _) = block(&mut plugin, &mut host, 128);
        assert!(audio.iter().all(|s| s.is_finite()));
        host.ended.clear();
    }
    loading.join().unwrap();
    // The way to the engine may be full of older packs: blocks empty it.
    let begun = Instant::now();
    while plugin.session.pending() {
        assert!(begun.elapsed() < Duration::from_secs(10), "the pack never came");
        block(&mut plugin, &mut host, 128);
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn of_two_states_in_a_row_the_last_counts_even_when_it_is_what_plays() {
    let (folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let other = folder.path().join("q.btx");
    write_pack(&other, "Q");
    let playing = plugin.session.save().pack().unwrap();
    let playing = serde_json::json!({ "name": "P", "sha256": playing.sha256, "path": playing.path }).to_string();
    for pause_ms in [0, 20] {
        load(&plugin, state("{}", &pack_json(&other, "Q")));
        std::thread::sleep(Duration::from_millis(pause_ms));
        load(&plugin, state("{}", &playing));
        for _ in 0..100 {
            block(&mut plugin, &mut host(), 64);
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!(plugin.session.save().pack().unwrap().name, "P");
        assert!(!plugin.session.pending());
    }
}

#[test]
fn a_bounce_does_not_wait_for_packs_that_fill_the_way() {
    let (folder, mut plugin) = with_pack(ProcessMode::Offline);
    let other = folder.path().join("q.btx");
    write_pack(&other, "Q");
    for i in 0..24 {
        let (path, name) = if i % 2 == 0 { (other.clone(), "Q") } else { (folder.path().join("p.btx"), "P") };
        load(&plugin, state("{}", &pack_json(&path, name)));
        std::thread::sleep(Duration::from_millis(60));
    }
    let begun = Instant::now();
    block(&mut plugin, &mut host(), 64);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}

#[test]
fn instances_come_and_go_in_any_state() {
    let (folder, plugin) = with_pack(ProcessMode::Realtime);
    drop(plugin);
    for i in 0..20 {
        let mut plugin = Betwixt::default();
        if i % 2 == 0 {
            load(&plugin, state("{}", &pack_json(&folder.path().join("p.btx"), "P")));
        }
        if i % 3 == 0 {
            activate(&mut plugin, ProcessMode::Realtime);
        }
        if i % 5 == 0 {
            activate(&mut plugin, ProcessMode::Offline);
            block(&mut plugin, &mut host(), 64);
        }
    }
}

#[test]
fn activation_is_quick() {
    let mut plugin = Betwixt::default();
    activate(&mut plugin, ProcessMode::Realtime);
    let mut times: Vec<Duration> = (0..9)
        .map(|_| {
            let begun = Instant::now();
            activate(&mut plugin, ProcessMode::Realtime);
            begun.elapsed()
        })
        .collect();
    times.sort();
    eprintln!("activate: {:?}", times[4]);
    assert!(times[4] < Duration::from_millis(5) || cfg!(debug_assertions), "{times:?}");
}

#[cfg(not(feature = "allocs"))] // A panic allocates its message.
#[test]
fn a_fault_of_ours_is_silence_and_the_next_activation_plays_again() {
    let (_folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let mut host = host();
    host.faulty = true;
    let (audio, status) = block(&mut plugin, &mut host, 128);
    assert!(audio.iter().all(|s| *s == 0.0) && status == ProcessStatus::Normal);
    host.faulty = false;
    host.input.extend([on(0, 60)]);
    let (audio, status) = block(&mut plugin, &mut host, 128);
    assert!(audio.iter().all(|s| *s == 0.0) && status == ProcessStatus::Normal);
    host.input.clear();
    activate(&mut plugin, ProcessMode::Realtime);
    host.input.extend([on(0, 60)]);
    let (audio, _) = block(&mut plugin, &mut host, 128);
    assert!(audio.iter().any(|s| *s != 0.0));
}

const STARS: &str = r#""stars":[{"name":"Far","x":1,"y":1,"mine":1}],"star_glide":0,"star_keys":null,"words":"mine""#;

/// As [`state`], with stars.
fn state_with_stars(parameters: &str, pack: &str) -> PluginState {
    let mut state = state(parameters, pack);
    let object = state.fields.get_mut(state::FIELD).unwrap();
    *object = object.replacen('{', &format!("{{{STARS},"), 1);
    state
}

#[test]
fn a_recalled_star_is_what_the_project_saves_until_another_state_comes() {
    let (folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let pack = pack_json(&folder.path().join("p.btx"), "P");
    load(&plugin, state_with_stars(r#"{"x":0.25,"y":0,"attack":0}"#, &pack));
    wait(&plugin);
    let mut host = host();
    host.input.extend([NoteEvent::MidiProgramChange { timing: 0, channel: 0, program: 0 }, on(0, 60)]);
    let (audio, _) = block(&mut plugin, &mut host, 4096);
    assert!((audio[4000] - 0.4).abs() < 1e-2, "the upper right cell is 0.4, not {}", audio[4000]);
    let saved = plugin.session.save();
    assert_eq!((saved.value(Param::X), saved.value(Param::Y)), (1.0, 1.0));
    assert!(plugin.session.has_changed());
    // A bounce of the same instance begins where the project stands.
    activate(&mut plugin, ProcessMode::Offline);
    host.input.extend([on(0, 60)]);
    let (bounced, _) = block(&mut plugin, &mut host, 4096);
    assert!((bounced[4000] - 0.4).abs() < 1e-2, "{}", bounced[4000]);
    // The parameters have never moved, so only the state itself can say that the recall is over.
    load(&plugin, state_with_stars(r#"{"x":0.25,"y":0,"attack":0}"#, &pack));
    let saved = plugin.session.save();
    assert_eq!((saved.value(Param::X), saved.value(Param::Y)), (0.25, 0.0));
    block(&mut plugin, &mut host, 64);
    let saved = plugin.session.save();
    assert_eq!((saved.value(Param::X), saved.value(Param::Y)), (0.25, 0.0));
    assert_eq!(saved.field("stars").unwrap()[0]["mine"], 1);
    assert_eq!(saved.field("words").unwrap(), "mine");
}

#[test]
fn the_window_gets_the_output_while_it_looks() {
    let (_folder, mut plugin) = with_pack(ProcessMode::Realtime);
    wait(&plugin);
    let mut viewer = plugin.viewer.take().unwrap();
    let mut host = host();
    host.input.extend([on(0, 60)]);
    block(&mut plugin, &mut host, 128);
    assert_eq!(viewer.slots(), 0, "nobody looks");
    plugin.session.watch(300);
    let (audio, _) = block(&mut plugin, &mut host, 128);
    let chunk = viewer.read_chunk(128).unwrap();
    assert!(chunk.as_slices().0 == audio);
    chunk.commit_all();
    for _ in 0..20 {
        block(&mut plugin, &mut host, 128);
    }
    assert_eq!(viewer.slots(), 256, "it has not asked again");
    plugin.session.watch(u32::MAX);
    for _ in 0..100 {
        block(&mut plugin, &mut host, 1000);
    }
    assert!((SHOWN_FRAMES - 1000..=SHOWN_FRAMES).contains(&viewer.slots()), "what does not fit is dropped");
}
