use crate::harness::tests;
use crate::support::child;
use crate::support::name::Name;
use crate::support::{raw, user};
use baremap::sys::{self, AtFlags, CWD, Mode};
use baremap::{Errno, File, FileMap, Operation, Reason, Result, shm};

tests! {
    fn two_processes_share_an_object_by_its_name() -> Result<()> {
        let name = Name::new();
        let object = shm::create_new(name.bytes())?;
        object.allocate(0, 4)?;
        child::check(|| FileMap::write(shm::open(name.bytes())?)?.write_at(0, b"text"));
        let mut bytes = [0; 4];
        FileMap::read(&object)?.read_at(0, &mut bytes)?;
        assert_eq!(&bytes, b"text");
        Ok(())
    }

    fn an_object_is_an_empty_file_in_dev_shm() -> Result<()> {
        let name = Name::new();
        let object = shm::create_new(name.bytes())?;
        let stat = sys::statx(CWD, name.path().as_c_str(), AtFlags::empty()).expect("it is there");
        assert_eq!((stat.inode(), stat.size()), (object.stat()?.inode(), 0));
        assert_eq!(stat.mode(), Mode::RUSR | Mode::WUSR);
        Ok(())
    }

    fn an_object_is_made_once() -> Result<()> {
        let name = Name::new();
        shm::create_new(name.bytes())?;
        assert_eq!(shm::create_new(name.bytes()).unwrap_err().errno(), Errno::EEXIST);
        shm::unlink(name.bytes())?;
        shm::create_new(name.bytes()).map(drop)
    }

    fn what_is_not_there_is_enoent() {
        let name = Name::new();
        assert_eq!(shm::open(name.bytes()).unwrap_err().errno(), Errno::ENOENT);
        let error = shm::unlink(name.bytes()).unwrap_err();
        assert_eq!((error.operation(), error.errno()), (Operation::Unlink, Errno::ENOENT));
    }

    fn an_object_without_a_name_stays_for_who_has_it() -> Result<()> {
        let name = Name::new();
        let object = shm::create_new(name.bytes())?;
        object.write_all_at(b"text", 0)?;
        shm::unlink(name.bytes())?;
        assert_eq!(object.len()?, 4);
        Ok(())
    }

    fn names_are_checked() {
        for (name, errno, reason) in [
            (&b""[..], Errno::EINVAL, Reason::NoName),
            (b".", Errno::EINVAL, Reason::NoName),
            (b"..", Errno::EINVAL, Reason::NoName),
            (b"/name", Errno::EINVAL, Reason::BadName),
            (b"a/b", Errno::EINVAL, Reason::BadName),
            (b"a\0b", Errno::EINVAL, Reason::BadName),
            (&[b'x'; 256], Errno::ENAMETOOLONG, Reason::LongName { len: 256, most: 255 }),
        ] {
            let calls = [shm::create_new(name).map(drop), shm::open(name).map(drop), shm::unlink(name)];
            for result in calls {
                let error = result.unwrap_err();
                assert_eq!((error.operation(), error.errno()), (Operation::Shm, errno));
                assert_eq!(error.reason(), reason);
            }
        }
    }

    fn the_longest_name_works() -> Result<()> {
        let mut name = [b'x'; shm::NAME_MAX];
        let own = Name::new();
        name[..own.bytes().len()].copy_from_slice(own.bytes());
        shm::create_new(&name)?;
        shm::unlink(&name)
    }

    fn a_symbolic_link_is_not_followed() {
        let name = Name::new();
        raw::symlink(c"/dev/null", name.path().as_c_str()).expect("/dev/shm may be written");
        assert_eq!(shm::open(name.bytes()).unwrap_err().errno(), Errno::ELOOP);
        assert_eq!(shm::create_new(name.bytes()).unwrap_err().errno(), Errno::EEXIST);
    }

    fn anothers_object_is_eacces() -> Result<()> {
        let name = Name::new();
        // To root everything is allowed, and to its owner what the mode says.
        let object: File = shm::create_new(name.bytes())?;
        drop(object);
        child::check(|| {
            if !user::drop_privileges() {
                return;
            }
            assert_eq!(shm::open(name.bytes()).unwrap_err().errno(), Errno::EACCES);
            assert_eq!(shm::unlink(name.bytes()).unwrap_err().errno(), Errno::EPERM);
        });
        Ok(())
    }
}
