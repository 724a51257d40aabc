//! What is wanted, filled and brought back, look by look.

use super::*;
use crate::loader::stage::{CHUNK_BYTES, Stage};
use crate::resident::CHUNK_FRAMES;

/// Cells of eight chunks, in a row.
const CELLS: usize = 9;
const CHUNKS: usize = 8;

fn stage(budget: u64) -> Stage {
    let stage = Stage::new(CELLS, CHUNKS, budget);
    stage.core.run_jobs();
    stage
}

impl Stage {
    /// One note sounds at its beginning, at a point of the row.
    fn plays(&mut self, x: f32) {
        let voice = VoiceDemand { pack: self.play.id, point: [x, 0.0], ..VoiceDemand::NONE };
        let pack = self.play.id;
        self.reader.publish(|demand| {
            (demand.pack, demand.point) = (pack, [x, 0.0]);
            demand.set_voices([voice].into_iter());
        });
        self.tell(0, true);
    }

    /// What a voice at the left end wants whose point moves at so many cells a second: cell, chunk, key.
    fn wants(&self, cells_per_second: f32, is_tight: bool) -> Vec<(u32, u32, u32)> {
        let mut wanted = Wanted { found: HashMap::new(), wishes: Vec::new(), now_ms: 1, is_tight };
        let speed = [cells_per_second / (CELLS - 1) as f32, 0.0];
        let movement = Movement { point: [0.0; 2], at: Instant::now(), speed };
        let voice = VoiceDemand { pack: self.play.id, ..VoiceDemand::NONE };
        wanted.voice(&Playing::new(&self.load).unwrap(), &voice, &movement, 48_000.0);
        wanted.wishes.iter().map(|wish| (wish.cell, wish.chunk, wish.key)).collect()
    }

    /// Fills what there is room for.
    fn fill_up(&self, feeder: &mut Feeder, quiet: bool) -> u64 {
        // Each time so many as may wait.
        for _ in 0..2 * CELLS {
            feeder.fill(&self.core, std::slice::from_ref(&self.load), quiet, Instant::now());
            self.core.run_jobs();
        }
        self.core.meter().bytes() / CHUNK_BYTES
    }
}

fn chunks_of(wishes: &[(u32, u32, u32)], cell: u32) -> Vec<u32> {
    wishes.iter().filter(|wish| wish.0 == cell).map(|wish| wish.1).collect()
}

#[test]
fn what_sounds_is_wanted_400_ms_ahead_and_150_ms_where_memory_is_tight() {
    // Nothing has been loaded.
    let stage = Stage::new(CELLS, CHUNKS, 0);
    let wishes = stage.wants(0.0, false);
    assert_eq!([chunks_of(&wishes, 0), chunks_of(&wishes, 1)], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
    let wishes = stage.wants(0.0, true);
    assert_eq!([chunks_of(&wishes, 0), chunks_of(&wishes, 1)], [[0, 1], [0, 1]]);
}

#[test]
fn a_voice_whose_cells_run_out_wants_one_of_them_before_all_else() {
    let stage = Stage::new(CELLS, CHUNKS, 0);
    let first = |stage: &Stage, used: usize| {
        let mut wanted = Wanted { found: HashMap::new(), wishes: Vec::new(), now_ms: 1, is_tight: false };
        let mut voice = VoiceDemand { pack: stage.play.id, used, point: [0.1, 0.0], ..VoiceDemand::NONE };
        (voice.cells[0], voice.cells[1]) = (5, 1);
        let movement = Movement { point: voice.point, at: Instant::now(), speed: [0.0; 2] };
        wanted.voice(&Playing::new(&stage.load).unwrap(), &voice, &movement, 48_000.0);
        let sooner = wanted.wishes.into_iter().filter(|wish| wish.key <= CORNER_KEY);
        sooner.map(|wish| (wish.cell, wish.chunk)).collect::<Vec<_>>()
    };
    assert_eq!(first(&stage, 2), [(1, 0), (1, 1)], "the nearest that sounds");
    assert_eq!(first(&stage, 1), [(5, 0), (5, 1)], "what sounds, however far it is");
    assert_eq!(first(&stage, 0), [(1, 0), (1, 1)], "the nearest, where it is silent");
    stage.fill(5, 0);
    assert_eq!(first(&stage, 2), [(1, 1)], "another goes on as far as that");
    stage.fill(5, 1);
    assert_eq!(first(&stage, 2), []);
}

#[test]
fn what_stands_in_is_wanted_as_far_ahead_as_what_it_stands_for() {
    let stage = Stage::new(CELLS, CHUNKS, 0);
    let mut wanted = Wanted { found: HashMap::new(), wishes: Vec::new(), now_ms: 1, is_tight: false };
    let mut voice = VoiceDemand { pack: stage.play.id, used: 1, ..VoiceDemand::NONE };
    voice.cells[0] = 6;
    let movement = Movement { point: voice.point, at: Instant::now(), speed: [0.0; 2] };
    wanted.voice(&Playing::new(&stage.load).unwrap(), &voice, &movement, 48_000.0);
    let wishes: Vec<_> = wanted.wishes.iter().map(|wish| (wish.cell, wish.chunk, wish.key)).collect();
    assert_eq!([chunks_of(&wishes, 0), chunks_of(&wishes, 6)], [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]);
}

#[test]
fn the_heads_of_notes_to_come_are_wanted_where_they_will_begin() {
    let mut stage = stage(16);
    assert!(stage.resident().iter().all(|(_, chunk)| *chunk < 2), "{:?}", stage.resident());
    stage.core.set_budget_bytes(1 << 30);
    let pack = stage.play.id;
    for (start, reverse, head) in [(0.5, false, [4, 5]), (0.0, true, [7, 6]), (0.5, true, [3, 2])] {
        stage.reader.publish(|demand| {
            (demand.pack, demand.point, demand.beginning) = (pack, [0.0, 0.0], Beginning { start, reverse });
        });
        let mut feeder = Feeder::new();
        feeder.feed(&stage.core);
        let mut wished = stage.core.wished();
        wished.sort_by_key(|wish| (wish.2, wish.0));
        let wished: Vec<_> = wished.iter().map(|wish| (wish.0, wish.1)).collect();
        assert_eq!(wished, [(0, head[0]), (1, head[0]), (0, head[1]), (1, head[1])], "{start} {reverse}");
        // They leave memory last.
        let [low, high] = [head[0].min(head[1]), head[0].max(head[1])].map(|chunk| chunk as usize);
        assert_eq!(stage.load.beginnings()[0].head(CHUNKS * CHUNK_FRAMES, stage.load.head_frames), low..high + 1);
    }
}

#[test]
fn the_neighbours_are_wanted_where_the_note_is_but_not_where_memory_is_tight() {
    let stage = Stage::new(CELLS, CHUNKS, 0);
    let wishes = stage.wants(0.0, false);
    assert_eq!((chunks_of(&wishes, 2), chunks_of(&wishes, 3)), (vec![0, 1], vec![]));
    assert!(wishes.iter().filter(|wish| wish.0 == 2).all(|wish| wish.2 > NEIGHBOUR_KEY));
    assert!(chunks_of(&stage.wants(0.0, true), 2).is_empty());
}

#[test]
fn the_cells_on_the_way_of_a_moving_point_are_wanted_before_it_is_there() {
    let stage = Stage::new(CELLS, CHUNKS, 0);
    // In 250 ms it is between the fifth and the sixth.
    let wishes = stage.wants(18.0, false);
    let soonest = |cell| wishes.iter().filter(|wish| wish.0 == cell).map(|wish| wish.2).min();
    for (cell, ms) in [(2, 60), (3, 160), (4, 250), (5, 250)] {
        assert_eq!(soonest(cell), Some(PATH_KEY + ms + 1), "cell {cell} {wishes:?}");
    }
    assert_eq!(soonest(6), None);
    // Where the note will be then, and a little behind that.
    assert_eq!(chunks_of(&wishes, 4), [2, 3]);
    // Only as far as it is wanted ahead.
    let wishes = stage.wants(18.0, true);
    assert!(!chunks_of(&wishes, 2).is_empty() && chunks_of(&wishes, 4).is_empty(), "{wishes:?}");
}

#[test]
fn over_the_budget_only_what_is_sure_to_be_played_is_wanted() {
    let mut stage = stage(1);
    let mut feeder = Feeder::new();
    let cells = |stage: &Stage| stage.core.wished().iter().map(|wish| wish.0).max();
    stage.plays(0.0);
    feeder.feed(&stage.core);
    assert_eq!(cells(&stage), None, "its own cells are there");
    stage.core.set_budget_bytes(1 << 30);
    feeder.feed(&stage.core);
    assert_eq!(cells(&stage), Some(2), "and the neighbour");
}

#[test]
fn a_chunk_that_is_leaving_and_is_wanted_again_stays() {
    let mut stage = Stage::new(CELLS, CHUNKS, 1000);
    (0..2).for_each(|chunk| stage.fill(0, chunk));
    let audio = stage.audio(0);
    assert!(audio.ask_to_leave(0) && audio.ask_to_leave(1) && audio.hide(1));
    stage.plays(0.0);
    Feeder::new().feed(&stage.core);
    assert_eq!(stage.resident(), [(0, 0), (0, 1)]);
    assert!(stage.core.wished().iter().all(|wish| wish.0 != 0 || wish.1 > 1), "nor is it read again");
}

#[test]
fn idle_filling_leaves_an_eighth_of_the_budget_free() {
    let stage = stage(40);
    let mut feeder = Feeder::new();
    let filled = stage.fill_up(&mut feeder, true);
    assert!((28..=35).contains(&filled), "{filled} chunks of 40");
    // Nearest first.
    assert!(stage.audio(0).is_resident(0..CHUNKS * CHUNK_FRAMES), "{:?}", stage.resident());
}

#[test]
fn jobs_that_wait_count_as_filled() {
    let stage = stage(40);
    let mut feeder = Feeder::new();
    for _ in 0..10 {
        feeder.fill(&stage.core, std::slice::from_ref(&stage.load), true, Instant::now());
    }
    stage.core.run_jobs();
    let filled = stage.core.meter().bytes() / CHUNK_BYTES;
    assert!(filled <= 35, "{filled} chunks of 40");
    assert_eq!(stage.core.promised_bytes(), filled * CHUNK_BYTES, "none are left");
}

#[test]
fn what_was_taken_away_comes_back_when_it_is_quiet() {
    let stage = stage(1000);
    assert_eq!(stage.resident().len(), CELLS * CHUNKS);
    stage.take(3, 5);
    stage.take(4, 0);
    let mut feeder = Feeder::new();
    feeder.refilled -= Duration::from_secs(2);
    assert_eq!(stage.fill_up(&mut feeder, false), 70, "not while something sounds");
    assert_eq!(stage.fill_up(&mut feeder, true), 72);
}

#[test]
fn what_is_filled_next_is_near_to_where_the_pack_is_played() {
    let mut stage = stage(40);
    let mut feeder = Feeder::new();
    stage.plays(1.0);
    feeder.feed(&stage.core);
    stage.reader.publish(|demand| demand.set_voices(std::iter::empty()));
    stage.tell(0, false);
    stage.fill_up(&mut feeder, true);
    assert!(stage.audio(CELLS - 1).is_resident(0..CHUNKS * CHUNK_FRAMES), "{:?}", stage.resident());
    assert!(!stage.audio(0).is_resident(0..CHUNKS * CHUNK_FRAMES), "it was opened there");
    let distance = |cell: usize| stage.load.cells[cell].distance();
    assert_eq!((distance(0), distance(CELLS - 1)), (64 * (CELLS as u32 - 1), 0));
}

#[test]
fn a_damaged_cell_does_not_keep_the_keeper_awake() {
    let stage = stage(1000);
    let mut feeder = Feeder::new();
    assert_eq!(feeder.feed(&stage.core), None);
    // Given up while a thread is at a part of it, or while a part is on its way out; what is there may go later.
    let audio = stage.audio(2);
    stage.take(2, 1);
    assert!(feeder.feed(&stage.core).is_some());
    assert!(audio.ask_to_leave(3));
    stage.load.lose(&audio);
    assert!(audio.let_stay(3));
    [3, 4].into_iter().for_each(|chunk| stage.take(2, chunk));
    assert_eq!(feeder.feed(&stage.core), None);
    // Another cell still counts, also when what is left of a damaged one is read after it was given up.
    stage.take(7, 0);
    assert!(feeder.feed(&stage.core).is_some());
    audio.fill_i16(1, |_| {}).unwrap();
    stage.load.add_frames(CHUNK_FRAMES as u64);
    assert!(feeder.feed(&stage.core).is_some());
    stage.fill(7, 0);
    assert_eq!(feeder.feed(&stage.core), None);
}

#[test]
fn a_cell_that_there_is_no_memory_for_fails_with_a_message() {
    let stage = Stage::new(CELLS, CHUNKS, 1000);
    stage.audio(1).is_refused.store(true, Ordering::Relaxed);
    stage.core.run_jobs();
    let said = match stage.listener.state() {
        crate::loader::LoadState::Failed(error) => error.to_string(),
        state => panic!("{state:?}"),
    };
    assert!(said.contains("there is no memory for it"), "{said}");
    assert!(stage.audio(1).is_given_up() && stage.resident().len() == (CELLS - 1) * CHUNKS);
    assert!(stage.listener.pack().is_none(), "a head round the point");
    assert_eq!(Feeder::new().feed(&stage.core), None);
}
