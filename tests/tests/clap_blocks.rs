//! The same notes give the same sound whatever the host's blocks, rates and neighbours are; and the
//! sound of last week, by level and spectrum.

use betwixt_engine::params::Param;
use betwixt_tests::analysis::spectrum::Fingerprint;
use betwixt_tests::analysis::{clicks, level, pitch};
use betwixt_tests::clap_host::Instance;
use betwixt_tests::rig::{RATE_HZ, Rig, plain, play, play_in_blocks, ready};
use betwixt_tests::test_pack::TestPack;
use betwixt_tests::timeline::{Play, Timeline};

/// Notes, wheels, pedal, moving point, filter, modulation: a bit of all.
fn busy() -> Timeline {
    let mut timeline = plain(0.2, 0.8)
        .set(0, Param::Quality, 1.0)
        .set(0, Param::GlideXy, 30.0)
        .set(0, Param::Filter, 1.0)
        .set(0, Param::Cutoff, 1800.0)
        .set(0, Param::Resonance, 40.0)
        .set(0, Param::Attack, 0.01)
        .set(0, Param::Velocity, 70.0)
        .midi(900, [0xb0, 64, 127])
        .midi(20_003, [0xb0, 64, 0])
        .midi(11_111, [0xe0, 0, 100])
        .midi(17_777, [0xe0, 0, 64]);
    for (i, key) in [48u8, 60, 64, 67, 71, 74, 79].into_iter().enumerate() {
        timeline = timeline.note(37 + 1_501 * i as u64, 6_007, i as i32 + 1, key, 0.4 + 0.08 * i as f64);
    }
    for step in 0..60u64 {
        timeline = timeline.set(501 * step + 13, Param::X, step as f64 / 60.0);
        timeline = timeline.at(733 * step + 5, Play::Modulate(Param::Y, -0.5 * step as f64 / 60.0));
    }
    timeline.at(9_001, Play::ModulateNote { id: 5, param: Param::Cutoff, amount: 0.2 })
}

const LENGTH: usize = 40_000;

fn with_max(max: u32) -> Instance {
    let mut instance = Rig::new().instance();
    instance.set_offline(true).unwrap();
    instance.activate(RATE_HZ, max).unwrap();
    instance
}

#[test]
fn the_block_size_changes_nothing() {
    let reference = play_in_blocks(&mut with_max(4096), &busy(), LENGTH, || 512);
    assert!(level::rms(&reference.left) > 0.01);
    for size in [1usize, 7, 16, 64, 127, 333, 1024, 4096] {
        let take = play_in_blocks(&mut with_max(4096), &busy(), LENGTH, || size);
        let differs = take.first_difference(&reference);
        assert_eq!(differs, None, "blocks of {size} differ from frame {differs:?} on");
    }
    let mut random = 12_345u32;
    let take = play_in_blocks(&mut with_max(4096), &busy(), LENGTH, || {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        1 + (random >> 20) as usize
    });
    assert_eq!(take.first_difference(&reference), None, "blocks of random sizes differ");
}

#[test]
fn activating_anew_repeats_the_take() {
    let mut instance = with_max(1024);
    let first = play(&mut instance, &busy(), LENGTH);
    instance.deactivate();
    instance.activate(RATE_HZ, 300).unwrap();
    let second = play(&mut instance, &busy(), LENGTH);
    assert_eq!(first.first_difference(&second), None);
}

#[test]
fn every_rate_plays_in_tune_and_in_time() {
    for rate in [44_100.0, 48_000.0, 88_200.0, 96_000.0, 192_000.0] {
        let mut instance = ready(Rig::new().instance(), rate);
        let at = (0.1 * rate) as u64;
        let timeline = plain(0.0, 0.0).set(0, Param::Release, 0.1).note(at, (rate * 0.9) as u64, 1, 60, 1.0);
        let take = play(&mut instance, &timeline, (rate * 1.3) as usize);
        let onset = take.onset(1e-3).expect("it sounds") as u64;
        assert!(onset.abs_diff(at) <= 24, "{rate} Hz: a note at {at} begins at {onset}");
        let heard = pitch::strongest_hz(&take.left[(rate * 0.2) as usize..(rate * 0.9) as usize], rate, 100.0, 1000.0);
        let cents = pitch::cents(262.0, heard.unwrap());
        assert!(cents.abs() < 0.5, "{rate} Hz: {cents} cents off");
        let rms = level::rms(&take.left[(rate * 0.2) as usize..(rate * 0.9) as usize]);
        assert!((rms - 0.2 / 2f64.sqrt()).abs() < 0.003, "{rate} Hz: level {rms}");
        assert!(level::peak(&take.left[(rate * 1.15) as usize..]) < 1e-4, "{rate} Hz: the release is too long");
    }
}

#[test]
fn two_instances_do_not_hear_each_other() {
    let rig = Rig::new();
    let alone = play(&mut rig.bounce(), &busy(), LENGTH);
    let (mut a, mut b) = (rig.bounce(), ready(rig.instance_with(TestPack::INCOHERENT), RATE_HZ));
    let other = plain(1.0, 0.0).set(0, Param::Tune, 7.0).hold(0, 36).hold(0, 84).midi(100, [0xb0, 64, 127]);
    let rest = Timeline::new();
    let mut together = betwixt_tests::take::Take::new(RATE_HZ, 0);
    let params = a.params().to_vec();
    // Turn and turn about, as two tracks of a project.
    let mut at = 0;
    while at < LENGTH {
        let mut part = Timeline::new();
        for (frame, event) in busy().events() {
            if (at as u64..(at + 1000) as u64).contains(frame) {
                part.push(frame - at as u64, *event);
            }
        }
        let take = a.processor().play(&part, &params, 1000, || 256).unwrap();
        together.append(take);
        play(&mut b, if at == 0 { &other } else { &rest }, 1000);
        at += 1000;
    }
    assert_eq!(together.first_difference(&alone), None);
    assert!(b.plain(Param::Tune).unwrap() > 6.9 && a.plain(Param::Tune).unwrap().abs() < 0.1);
}

#[test]
fn thirty_two_instances_play_on_threads_of_their_own() {
    let rig = Rig::new();
    let alone = play(&mut rig.bounce(), &busy(), 8_000);
    let mut instances: Vec<Instance> = (0..32).map(|_| rig.bounce()).collect();
    let params = instances[0].params().to_vec();
    let processors: Vec<_> = instances.iter_mut().map(Instance::take_processor).collect();
    let back = std::thread::scope(|scope| {
        let threads: Vec<_> = processors
            .into_iter()
            .map(|mut processor| {
                let (params, alone) = (&params, &alone);
                scope.spawn(move || {
                    let take = processor.play(&busy(), params, 8_000, || 256).unwrap();
                    assert_eq!(take.first_difference(alone), None);
                    processor
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().expect("the same sound in every instance")).collect::<Vec<_>>()
    });
    for (instance, processor) in instances.iter_mut().zip(back) {
        instance.return_processor(processor);
    }
}

#[test]
fn a_bounce_has_no_hole_at_its_beginning() {
    // A fresh instance whose pack no one has loaded before: in offline mode its very first block
    // must sound.
    let rig = Rig::new();
    for key in [48u8, 60, 72] {
        let mut instance = ready(rig.instance_with(TestPack::ONE_SHOT), RATE_HZ);
        let take = play(&mut instance, &plain(0.4, 0.4).hold(0, key), 96_000);
        assert_eq!(take.onset(1e-6), Some(0), "key {key}");
        assert_eq!(clicks::find_from(&take.left, 100), []);
    }
}

#[test]
fn a_new_instance_of_a_loaded_pack_sounds_in_its_first_block_live_too() {
    let rig = Rig::new();
    let _first = rig.live();
    let mut second = rig.instance();
    second.activate(RATE_HZ, 512).unwrap();
    let take = play(&mut second, &plain(0.0, 0.0).hold(0, 60), 4_096);
    assert_eq!(take.onset(1e-6), Some(0));
}

#[test]
fn renders_sound_as_they_did() {
    let folder = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/golden"));
    let cases: [(&str, TestPack, Timeline); 4] = [
        ("busy", TestPack::PLAIN, busy()),
        ("busy-incoherent", TestPack::INCOHERENT, busy()),
        (
            "filter-sweep",
            TestPack::PLAIN,
            plain(1.0, 1.0)
                .set(0, Param::Filter, 3.0)
                .set(0, Param::Cutoff, 700.0)
                .set(0, Param::FilterEnv, 60.0)
                .set(0, Param::Decay, 0.4)
                .set(0, Param::Sustain, 30.0)
                .hold(0, 55)
                .hold(4_000, 62),
        ),
        (
            "mono-glide-reverse",
            TestPack::ONE_SHOT,
            plain(0.0, 1.0)
                .set(0, Param::Mode, 1.0)
                .set(0, Param::Glide, 0.15)
                .set(0, Param::Reverse, 1.0)
                .set(0, Param::Pan, -40.0)
                .note(0, 12_000, 1, 50, 1.0)
                .note(9_000, 20_000, 2, 69, 0.7),
        ),
    ];
    for (name, pack, timeline) in cases {
        let mut instance = ready(Rig::new().instance_with(pack), RATE_HZ);
        let take = play(&mut instance, &timeline, 48_000);
        let now = [&take.left, &take.right].map(|c| Fingerprint::of(c, RATE_HZ, 0.125));
        let path = folder.join(format!("{name}.json"));
        if std::env::var_os("BETWIXT_WRITE_GOLDEN").is_some() {
            std::fs::write(&path, serde_json::to_string(&now).unwrap() + "\n").unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| {
            panic!("{}: {e}; BETWIXT_WRITE_GOLDEN=1 makes it, then listen to what it holds", path.display())
        });
        let golden: [Fingerprint; 2] = serde_json::from_str(&text).unwrap();
        for (side, (was, is)) in ["left", "right"].iter().zip(golden.iter().zip(&now)) {
            let (level, band) = was.distance_db(is);
            assert!(level < 0.1 && band < 0.5, "{name}, {side}: level off by {level} dB, a band by {band} dB");
        }
    }
}
