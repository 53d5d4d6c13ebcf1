import Files
import Glibc
import TestSupport
import Testing

/// Two hundred mistakes that people make, through the executable. Each must end with one clear line that names what was
/// wrong, the right exit code, and no file that was not there before.
@Suite struct MisuseTableTests {
  /// Exit code | words | what the line must contain
  static let table = """
    # train
    2 | train | give RECIPE, --resume or --list
    2 | train tiny.json5 | give --out RUN
    2 | train tiny.json5 second.json5 --out r | second.json5
    2 | train tiny.json5 --out | --out needs a value
    2 | train tiny.json5 --out r --set steps | steps
    2 | train tiny.json5 --out r --set =3 | =3
    2 | train tiny.json5 --out r --steps 0 | --steps
    2 | train tiny.json5 --out r --steps -4 | --steps
    2 | train tiny.json5 --out r --steps many | --steps
    2 | train tiny.json5 --out r --steps 99999999999999999999 | --steps
    2 | train tiny.json5 --out r --steps 1.5 | --steps: 1.5 is not a whole number
    2 | train tiny.json5 --out r --steps inf | inf is not a whole number
    2 | train tiny.json5 --out r --seed -1 | --seed
    2 | train tiny.json5 --out r --precision fp64 | fp64
    2 | train tiny.json5 --out r --precision | --precision needs a value
    2 | train tiny.json5 --out r --resum | did you mean --resume?
    1 | train absent --out r | absent: no such recipe
    1 | train absent.json5 --out r | absent.json5
    1 | train dir --out r | dir
    1 | train empty.json5 --out r | empty.json5
    1 | train noise.json5 --out r | noise.json5
    1 | train list.json5 --out r | list.json5
    1 | train pic.png --out r | pic.png
    1 | train tiny.json5 --out run | run: holds a run already
    1 | train tiny.json5 --out pic.png | pic.png
    1 | train tiny.json5 --out pic.png/below | pic.png
    1 | train tiny.json5 --out /dev/null | /dev/null
    1 | train tiny.json5 --out /proc/r | /proc/r
    1 | train tiny.json5 --out r --set stepz=3 | stepz: unknown key
    1 | train tiny.json5 --out r --set modle.image_size=16 | modle: unknown key
    1 | train tiny.json5 --out r --set model.image_sise=16 | did you mean image_size?
    1 | train tiny.json5 --out r --set steps=-1 | steps
    1 | train tiny.json5 --out r --set steps=true | steps
    1 | train tiny.json5 --out r --set steps=1.5 | steps
    1 | train tiny.json5 --out r --set batch_size=0 | batch_size
    1 | train tiny.json5 --out r --set batch_size=99999999 | batch_size
    1 | train tiny.json5 --out r --set batch_size=1 | batch_size: clip compares the pairs of a batch
    1 | train tiny.json5 --out r --set method=clop | did you mean clip?
    1 | train tiny.json5 --out r --set precision=fp16 | precision
    1 | train tiny.json5 --out r --set optimizer.betas=[0.9] | optimizer.betas
    1 | train tiny.json5 --out r --set optimizer.betas=[0.9,2] | optimizer.betas
    1 | train tiny.json5 --out r --set optimizer.learning_rate=fast | --set optimizer.learning_rate=fast: optimizer.learning_rate
    1 | train tiny.json5 --out r --set optimizer.learning_rate=1e99 | optimizer.learning_rate
    1 | train tiny.json5 --out r --set model.patch_size=5 | patch_size
    1 | train tiny.json5 --out r --set model.vision.heads=5 | heads
    1 | train tiny.json5 --out r --set model.image_size=0 | image_size
    1 | train tiny.json5 --out r --set model.context=1 | context
    1 | train tiny.json5 --out r --set model.vocabulary=3 | vocabulary
    1 | train tiny.json5 --out r --set model=3 | model
    1 | train tiny.json5 --out r --set data.set=absent | absent
    1 | train tiny.json5 --out r --set data.set=pictures.tsv --set data.split=val | pictures.tsv: no split val
    1 | train tiny.json5 --out r --set data.set=noise.tar | noise.tar
    1 | train tiny.json5 --out r --set data.set=twice.tsv | twice.tsv: its header has the column `filepath` twice
    1 | train tiny.json5 --out r --set data.set=capital.tsv | it has `FilePath`; `filepath` is meant?
    1 | train tiny.json5 --out r --set data.set=empty.json5 | empty.json5
    1 | train tiny.json5 --out r --set data.set=noise.tsv | noise.tsv
    1 | train tiny.json5 --out r --set data.set=dir | dir
    1 | train tiny.json5 --out r --set data.set=missing.tsv | missing.tsv
    1 | train tiny.json5 --out r --set data.set=header.tsv | header.tsv
    1 | train tiny.json5 --out r --set data.set=pictures.tsv | 8
    1 | train tiny.json5 --out r --set data.split=nowhere | nowhere
    1 | train tiny.json5 --out r --set data.augmentation=decode|spin(3) | spin
    1 | train tiny.json5 --out r --set data.max_bad=2 | max_bad
    1 | train tiny.json5 --out r --set data.augmentation=decode|random_crop(24) | image_size in place of 24
    1 | train tiny.json5 --out r --set data.exif=off | data.exif
    1 | train tiny.json5 --out r --set model.like_init=true | give --init MODEL
    1 | train tiny.json5 --out r --init run --set model.like_init=true --set model.text.width=24 | model.text.width=12
    2 | train tiny.json5 --out r --exif maybe | maybe
    2 | train tiny.json5 --out r --max-pixels 0 | --max-pixels
    1 | train tiny.json5 --out r --set checkpoint.every=0 | every
    1 | train tiny.json5 --out damaged --resume | damaged
    1 | train other.json5 --out run --resume | run
    2 | train --list --out r | --list and --out exclude each other
    2 | train tiny.json5 --list | exclude each other
    2 | train tiny.json5 --out r --json | --json needs --list too
    # embed
    2 | embed --model run --images pics --out e.npy --tokenizer run | --tokenizer needs --texts too
    2 | embed --model run --texts text.txt --out e.npy --skip-bad | --skip-bad needs --images too
    2 | embed --model run --texts text.txt --out e.npy --exif off | --exif needs --images too
    2 | embed --model run --texts text.txt --out e.npy --max-pixels 10 | --max-pixels needs --images too
    2 | embed | --images
    2 | embed --model run --out e.npy | --images
    2 | embed --model run --images pics | --out
    2 | embed --model run --images pics --out e.npy --batch 0 | --batch
    2 | embed --model run --images pics --out e.npy --batch 99999999 | --batch
    2 | embed --model run --images pics --out e.npy --max-pixels no | --max-pixels
    2 | embed --model run --images pics --out e.npy --exif maybe | maybe
    2 | embed --model run --images pics --out e.npy --model run | given twice
    1 | embed --model absent --images pics --out e.npy | absent
    1 | embed --model dir --images pics --out e.npy | dir
    1 | embed --model pic.png --images pics --out e.npy | pic.png
    1 | embed --model noweights --images pics --out e.npy | noweights
    1 | embed --model damaged-model --images pics --out e.npy | damaged-model
    1 | embed --model foreign --images pics --out e.npy | foreign
    1 | embed --model run --images absent --out e.npy | absent
    1 | embed --model run --images dir --out e.npy | dir
    1 | embed --model run --images cut.png --out e.npy | cut.png
    1 | embed --model run --images empty.png --out e.npy | empty.png
    1 | embed --model run --images text.txt --out e.npy | text.txt
    1 | embed --model run --images pics cut.png --out e.npy | cut.png
    1 | embed --model run --images pic.png --max-pixels 10 --out e.npy | pic.png
    1 | embed --model run --texts absent --out e.npy | absent
    1 | embed --model run --texts dir --out e.npy | dir
    1 | embed --model run --texts latin1.txt --out e.npy | latin1.txt
    1 | embed --model run --texts text.txt --out dir | dir
    1 | embed --model run --texts text.txt --out absent/e.npy | absent
    1 | embed --model run --texts text.txt --out /dev/full | /dev/full
    1 | embed --model run --texts text.txt --tokenizer absent --out e.npy | absent
    # index
    2 | index | --images
    2 | index --model run --out i | give
    2 | index --images pics --out i | --model
    2 | index --model run --images pics --captions pictures.tsv --out i | --captions
    2 | index --model run --images pics --out i --max-bad 7 | --max-bad
    2 | index --model run --images pics --out i --max-bad none | --max-bad
    2 | index --model run --captions pictures.tsv --separator xyz --out i | --separator
    2 | index --remove pics --add --out pics.index | --add
    2 | index --model run --images pics --split train --out i | --images and --split exclude each other
    2 | index --model run --images pics --language de --out i | --images and --language exclude each other
    2 | index --model run --captions pictures.tsv --side 32 --out i | --side says nothing of pictures.tsv
    2 | index --remove pics --batch 3 --out pics.index | --remove and --batch exclude each other
    1 | index --model absent --images pics --out i | absent
    1 | index --model run --images absent --out i | absent
    1 | index --model run --images dir --out i | dir
    1 | index --model run --images cuts --out i --quiet | cut.png
    1 | index --model run --captions absent.tsv --out i | absent.tsv
    1 | index --model run --captions dir --out i | dir
    1 | index --model run --captions header.tsv --out i | header.tsv
    1 | index --model run --captions noise.tsv --out i | noise.tsv
    1 | index --model run --captions missing.tsv --out i | missing
    1 | index --model run --captions pictures.tsv --image-column nope --out i | nope
    1 | index --model run --captions pictures.tsv --caption-column nope --out i | nope
    2 | index --model run --images pics --tokenizer run --out i | --images and --tokenizer exclude each other
    1 | index --model run --data absent --out i | absent
    1 | index --model run --data shapes --split nowhere --out i | nowhere
    1 | index --model run --images pics --out dir | dir
    1 | index --model run --images pics --out absent/i | absent
    1 | index --model run --images pics --add --out noise.index | noise.index
    1 | index --model second --images pics --add --out pics.index | pics.index
    1 | index --remove pics --out absent.index | absent.index
    1 | index --remove pics --out noise.index | noise.index
    1 | index --remove nothing-there --out pics.index | nothing-there; its paths are as they were given, such as pics/a.png
    # search
    2 | search | --text
    2 | search pics.index | give
    2 | search pics.index --text red --image pic.png | --image
    2 | search pics.index --text | --text needs a value
    2 | search pics.index --text red --top 0 | --top
    2 | search pics.index --text red --top -1 | --top
    2 | search pics.index --text red --top all | --top
    2 | search pics.index --text red --find everything | everything
    2 | search pics.index pics.index --text red | pics.index
    2 | search pics.index --html g.html --top 3 | --top needs --text or --image too
    2 | search pics.index --html g.html --find images | --find needs --text or --image too
    2 | search pics.index --html g.html --json | --json needs --text or --image too
    2 | search pics.index --html g.html --timing | --timing needs --text or --image too
    2 | search pics.index --html g.html --model run | --model needs --text or --image too
    2 | search pics.index --html g.html --precision bf16 | --precision needs --text or --image too
    2 | search pics.index --image pic.png --tokenizer run | --tokenizer needs --text too
    2 | search pics.index --text red --exif off | --exif needs --image too
    2 | search pics.index --text red --max-pixels 10 | --max-pixels needs --image too
    2 | search pics.index --text red --batch 2 | unknown option --batch
    1 | search absent --text red | absent
    1 | search dir --text red | dir
    1 | search empty.json5 --text red | empty.json5
    1 | search noise.index --text red | noise.index
    1 | search cut.index --text red | cut.index
    1 | search flipped.index --text red | flipped.index
    1 | search pics.index --text red --model absent | absent
    1 | search pics.index --text red --model second | second
    1 | search pics.index --text red --find captions | captions
    1 | search pics.index --image absent.png | absent.png
    1 | search pics.index --image cut.png | cut.png
    1 | search pics.index --image dir | dir
    1 | search pics.index --image pic.png --max-pixels 10 | pic.png
    1 | search pics.index --text red --html dir | dir
    1 | search pics.index --html absent/g.html | absent
    1 | search pics.index --html /dev/full | /dev/full
    1 | search pics.index --html pics.index | pics.index: is what is read here
    1 | search pics.index --image pic.png --html ./pic.png | pic.png: is what is read here
    1 | search pics.index --text red --model absent --html absent/g.html | absent/g.html: cannot write
    # evaluate
    2 | evaluate | retrieval
    2 | evaluate retreival | did you mean retrieval?
    2 | evaluate retrieval --model run | --data
    2 | evaluate retrieval --data shapes | --model
    2 | evaluate knn --model run --data shapes --k 0 | --k
    2 | evaluate knn --model run --data shapes --k five | --k
    2 | evaluate knn --model run --data shapes --temperature 0 | --temperature
    2 | evaluate linear --model run --data shapes --method magic | magic
    2 | evaluate linear --model run --data shapes --epochs 0 | --epochs
    2 | evaluate linear --model run --data shapes --c -1 | --c
    2 | evaluate zeroshot --model run --data shapes --template | --template needs a value
    2 | evaluate retrieval --model run --data shapes --side 3 | --side
    2 | evaluate knn --model run --data classes --tokenizer run | unknown option --tokenizer
    2 | evaluate linear --model run --data classes --tokenizer run | unknown option --tokenizer
    2 | evaluate classes --model run --data classes --tokenizer run | unknown option --tokenizer
    2 | evaluate linear --model run --data classes --c 1 --method sgd | --c says nothing of --method sgd
    2 | evaluate linear --model run --data classes --epochs 3 | --epochs says nothing of --method lbfgs
    2 | evaluate retrieval --model run --data shapes --separator x | --separator says nothing of shapes
    2 | evaluate retrieval --model run --data pictures.tsv --language de | --language says nothing of pictures.tsv
    2 | evaluate retrieval --model run --data pictures.tsv --root dir | --root says nothing of pictures.tsv
    1 | evaluate retrieval --model run --data pictures.tsv --split val | pictures.tsv: no split val; it has no splits
    1 | evaluate knn --model run --data classes | training pictures and test pictures are the same
    1 | evaluate linear --model run --data classes --split circle --train-split ring | no split ring
    1 | evaluate knn --model run --data shapes | shapes: its pictures have no classes
    1 | evaluate linear --model run --data emoji-base | emoji-base: its pictures have no classes
    1 | evaluate classes --model run --data classes | is a joint embedding and not a classifier; embed, index,
    1 | evaluate retrieval --model absent --data shapes | absent
    1 | evaluate retrieval --model run --data absent | absent
    1 | evaluate retrieval --model run --data dir | dir
    1 | evaluate retrieval --model run --data noise.tsv | noise.tsv
    1 | evaluate retrieval --model run --data header.tsv | header.tsv
    1 | evaluate retrieval --model run --data missing.tsv | missing
    1 | evaluate retrieval --model run --data pics | pics
    1 | evaluate retrieval --model run --data shapes --split nowhere | nowhere
    1 | evaluate retrieval --model run --data mnist | mnist
    1 | evaluate knn --model run --data pictures.tsv | pictures.tsv
    1 | evaluate knn --model run --data cifar10 --root dir | dir
    1 | evaluate linear --model run --data pictures.tsv | pictures.tsv
    1 | evaluate zeroshot --model run --data pictures.tsv | pictures.tsv
    2 | evaluate zeroshot --model run --data classes --template nothing | nothing
    1 | evaluate zeroshot --model run --data absent | absent
    # reconstruct
    2 | reconstruct --model run pic.png --split val --out r.png | --split needs --data too
    2 | reconstruct --model run pic.png --root dir --out r.png | --root needs --data too
    2 | reconstruct --model run pic.png --number 3 --out r.png | --number needs --data too
    1 | reconstruct --model run pic.png --out r.png | is a joint embedding and not a masked autoencoder
    1 | reconstruct --model run pic.png --out absent/r.png | absent/r.png: cannot write
    1 | reconstruct --model run pics --out pics/a.png | pics/a.png: is what is read here
    # report
    2 | report | --out
    2 | report run | give
    1 | report absent --out r.html | absent
    1 | report dir --out r.html | dir
    1 | report pic.png --out r.html | pic.png
    1 | report run absent --out r.html | absent
    1 | report run --out dir | dir
    1 | report run --out absent/r.html | absent
    1 | report run --out /dev/full | /dev/full
    1 | report run --out run/metrics.jsonl | run/metrics.jsonl: is what is read here
    1 | report run --out run/model.safetensors | run/model.safetensors: is what is read here
    1 | report run --png pic.png | pic.png
    1 | report broken-run --out r.html | broken-run
    # data
    2 | data | prepare
    2 | data prepair | did you mean prepare?
    2 | data prepare | CARD
    2 | data inspect | CARD|PATH
    2 | data inspect shapes --number 0 | --number
    2 | data inspect shapes --number 9999999 | --number
    2 | data inspect shapes --augment decode|flip | --out
    2 | data inspect shapes --side 1 | --side
    2 | data inspect shapes --seed x | --seed
    2 | data inspect pic.png --split val | --split says nothing of pic.png
    2 | data inspect pic.png --number 3 | --number says nothing of pic.png
    2 | data inspect classes --exif off | --exif says nothing of classes without --out
    2 | data inspect classes --max-pixels 10 | --max-pixels says nothing of classes without --out
    2 | data inspect classes --language de | --language says nothing of classes
    2 | data prepare shapes --language de | --language says nothing of shapes
    1 | data prepare absent | absent
    1 | data prepare shaps | did you mean shapes?
    1 | data prepare flickr8k --root dir | flickr8k
    1 | data prepare emoji-base --root dir --language xx | xx
    1 | data inspect absent | absent
    1 | data inspect dir | dir
    1 | data inspect noise.tsv | noise.tsv
    1 | data inspect noise.tar --out s.png | noise.tar
    1 | data inspect noise.tar | noise.tar
    1 | data inspect pipe:cat | pipe:
    1 | data inspect cut.png --out s.png | cut.png
    1 | data inspect pic.png --max-pixels 10 | pic.png
    1 | data inspect pic.png --augment decode|spin --out s.png | spin
    1 | data inspect pic.png --augment decode|blur(p:2) --out s.png | blur
    1 | data inspect pic.png --augment | --out s.png | pipeline
    1 | data inspect pic.png --augment random_crop(0) --out s.png | random_crop
    1 | data inspect pic.png --out dir | dir
    1 | data inspect pic.png --out absent/s.png | absent
    1 | data inspect pic.png --out pic.png | pic.png: is what is read here
    1 | data inspect pictures.tsv --out pictures.tsv | pictures.tsv: is what is read here
    1 | data inspect shapes --split nowhere | nowhere
    # tokenizer
    2 | tokenizer | encode
    2 | tokenizer encode --model run | --texts
    2 | tokenizer train --captions text.txt --out t | --vocab-size
    2 | tokenizer train --captions text.txt --vocab-size 3 --out t | --vocab-size
    2 | tokenizer train --captions text.txt --vocab-size lots --out t | --vocab-size
    1 | tokenizer train --captions absent --vocab-size 600 --out t | absent
    1 | embed --model run --texts text.txt --out text.txt | text.txt: is what is read here
    1 | embed --model run --images pics --out pics/a.png | pics/a.png: is what is read here
    1 | index --model run --images pics --out pics/a.png | pics/a.png: is what is read here
    1 | index --model run --captions ./pictures.tsv --out pictures.tsv | pictures.tsv: is what is read here
    1 | tokenizer train --captions text.txt --vocab-size 600 --out run | run: holds config.json of a model
    1 | tokenizer train --captions empty.json5 --vocab-size 600 --out t | empty.json5
    1 | tokenizer train --captions latin1.txt --vocab-size 600 --out t | latin1.txt
    1 | tokenizer train --captions dir --vocab-size 600 --out t | dir
    1 | tokenizer train --captions text.txt --vocab-size 600 --out pic.png | pic.png
    1 | tokenizer encode --model absent --texts text.txt | absent
    1 | tokenizer encode --model dir --texts text.txt | dir
    1 | tokenizer encode --model run --texts absent | absent
    1 | tokenizer encode --model run --texts latin1.txt | latin1.txt
    1 | tokenizer encode --model run --tokenizer absent --texts text.txt | absent
    # inspect
    2 | inspect | PATH
    1 | inspect absent | absent
    1 | inspect dir | dir
    1 | inspect pic.png | pic.png
    1 | inspect text.txt | text.txt
    1 | inspect pickle.pt | pickle
    1 | inspect dir/pickle.pt | dir/model.safetensors
    1 | inspect noweights | noweights
    # bench and the rest
    2 | bench clip-giant | clip-giant
    2 | bench clip-tiny --steps 0 | --steps
    2 | bench kernels --steps 3 | --steps says nothing of kernels
    2 | bench data --precision bf16 | --precision says nothing of data
    2 | bench embed --profile | --profile says nothing of embed
    2 | bench clip-tiny --precision int4 | int4
    2 | completions | SHELL
    2 | completions powershell | powershell
    2 | trian | did you mean train?
    2 | --verison | --version
    2 | train tiny.json5 --out r --threads 0 | --threads
    2 | train tiny.json5 --out r --threads 99999 | --threads
    """

  @Test func everyMistakeIsOneClearLine() throws {
    let folder = try MisuseFolder()
    var count = 0
    for line in Self.table.split(separator: "\n") where !line.hasPrefix("#") {
      count += 1
      let columns = line.split(separator: " | ", omittingEmptySubsequences: false).map(String.init)
      let (code, words, complaint) = (columns[0], columns[1..<columns.count - 1].joined(separator: " | "), columns.last)
      let before = try folder.listing()
      let outcome = try Executable.run(words.split(separator: " ").map(String.init), in: folder.path)
      let number = try #require(Int32(code), "\(line)")
      let isClear = outcome.isOneLine(number, containing: complaint ?? "")
      #expect(isClear, "\(line)\n\(outcome)")
      let after = try folder.listing()
      #expect(before == after, "\(line) changed \(Set(before.keys).symmetricDifference(after.keys))")
    }
    #expect(count >= 200)
  }
}
