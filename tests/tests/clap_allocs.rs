//! The audio thread neither takes nor gives back memory: counted in the plugin as it is bundled.
//!
//! This program's own `malloc` and its kin stand before the C library's for everything in the
//! process, so that the plugin, loaded later, calls them too. While a block is processed they count.
//! Linux with glibc only: elsewhere symbols of the program do not reach loaded libraries.

#![cfg(all(target_os = "linux", target_env = "gnu"))]

use betwixt_engine::params::Param;
use betwixt_tests::rig::{Rig, plain};
use betwixt_tests::test_pack::TestPack;
use betwixt_tests::timeline::{Play, Timeline};
use std::cell::Cell;
use std::ffi::c_void;

unsafe extern "C" {
    fn __libc_malloc(size: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, size: usize) -> *mut c_void;
    fn __libc_realloc(old: *mut c_void, size: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, size: usize) -> *mut c_void;
    fn __libc_free(old: *mut c_void);
}

thread_local! {
    /// Calls on this thread while it is armed; negative is not armed. Const and without a
    /// destructor, so that reading it allocates nothing.
    static CALLS: Cell<i64> = const { Cell::new(-1) };
}

fn count() {
    CALLS.with(|calls| {
        if calls.get() >= 0 {
            calls.set(calls.get() + 1);
        }
    });
}

// SAFETY (all five): the C library's own functions do the work, with the arguments as they came.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc(size: usize) -> *mut c_void {
    count();
    // SAFETY: as above.
    unsafe { __libc_malloc(size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn calloc(n: usize, size: usize) -> *mut c_void {
    count();
    // SAFETY: as above.
    unsafe { __libc_calloc(n, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(old: *mut c_void, size: usize) -> *mut c_void {
    count();
    // SAFETY: as above.
    unsafe { __libc_realloc(old, size) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn free(old: *mut c_void) {
    if !old.is_null() {
        count();
    }
    // SAFETY: as above.
    unsafe { __libc_free(old) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(place: *mut *mut c_void, align: usize, size: usize) -> i32 {
    count();
    // SAFETY: as above; the caller's place is written once, when there is memory.
    unsafe {
        let memory = __libc_memalign(align, size);
        if memory.is_null() {
            return 12;
        }
        *place = memory;
    }
    0
}

/// Runs `work` and counts the calls of the allocator on this thread meanwhile.
fn counted<T>(work: impl FnOnce() -> T) -> (T, i64) {
    CALLS.set(0);
    let result = work();
    let calls = CALLS.replace(-1);
    (result, calls)
}

#[test]
fn the_counter_counts() {
    let (memory, calls) = counted(|| std::hint::black_box(vec![0u8; 100]));
    assert!(calls >= 1, "a Vec was not noticed: nothing below means anything");
    drop(memory);
    let (_, calls) = counted(|| std::hint::black_box(1 + 1));
    assert_eq!(calls, 0);
}

/// Everything that can be thrown at a block, for `frames` frames.
fn flood(frames: u64) -> Timeline {
    let mut timeline = plain(0.5, 0.5);
    let mut random = 99u32;
    let mut next = |n: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % n
    };
    for i in 0..frames / 40 {
        let at = u64::from(next(frames as u32));
        let key = 24 + next(90) as u8;
        let id = i as i32 % 500;
        match next(12) {
            0..=3 => {
                timeline = timeline.note(at, 50 + u64::from(next(9_000)), id, key, f64::from(next(128)) / 127.0);
            }
            4 => {
                timeline
                    .push(at, Play::Midi([0xb0, [1, 7, 10, 11, 64, 66, 67, 74][next(8) as usize], next(128) as u8]));
            }
            5 => timeline.push(at, Play::Midi([0xe0, next(128) as u8, next(128) as u8])),
            6 => timeline.push(at, Play::Choke { id: -1, channel: -1, key: i16::from(key) }),
            7 => {
                timeline
                    .push(at, Play::ModulateNote { id, param: Param::X, amount: f64::from(next(100)) / 50.0 - 1.0 });
            }
            8 => timeline.push(at, Play::Modulate(Param::Y, f64::from(next(100)) / 50.0 - 1.0)),
            9 => timeline.push(at, Play::Midi([0x90, key, next(128) as u8])),
            _ => {
                let all: Vec<Param> = Param::all().filter(|p| p.automatable() && *p != Param::Bypass).collect();
                let param = all[next(all.len() as u32) as usize];
                timeline.push(at, Play::Set(param, param.denormalise(f64::from(next(1000)) / 999.0)));
            }
        }
    }
    timeline
}

#[test]
fn playing_takes_and_frees_no_memory() {
    let rig = Rig::new();
    let mut instance = rig.live();
    let params = instance.params().to_vec();
    let frames = 96_000u64;
    let timeline = flood(frames);
    let other = {
        let mut other = rig.instance_with(TestPack::INCOHERENT);
        other.save().unwrap()
    };
    let (mut left, mut right) = (vec![0.0f32; 256], vec![0.0f32; 256]);
    let mut worst = Vec::new();
    for (number, start) in (0..frames).step_by(256).enumerate() {
        if number == 150 {
            // A pack is swapped while notes sound: the audio thread must not free the old one.
            instance.load(&other).unwrap();
        }
        let events = timeline.window(start, 256, &params);
        let processor = instance.processor();
        let calls = processor.process_counted(&mut left, &mut right, &events, &mut |work| counted(work).1);
        if calls.expect("it plays") > 0 {
            worst.push(start);
        }
        if number % 8 == 0 {
            instance.pump();
        }
    }
    assert!(worst.is_empty(), "{} blocks allocated or freed, the first at frame {}", worst.len(), worst[0]);
    let ((), calls) = counted(|| instance.processor().reset());
    assert_eq!(calls, 0, "reset allocates or frees");
}
