"""The English words of the officer's bag and of what is entrusted to it."""

from typing import Final

WORDS: Final = {
    "Tas petugas: membawa titipan perajin ke dinas, dan jawabannya kembali.": (
        "An officer's bag: carries what artisans entrust to it to the department, and answers back."
    ),
    "Tas ini belum terhubung ke dinas: canting relay join ALAMAT KODE": (
        "This bag is not joined to a department yet: canting relay join ADDRESS CODE"
    ),
    "Kode petugas dari dinas.": "The officer's code from the department.",
    "Jadikan perangkat ini tas petugas, dengan kode dari dinas.": (
        "Make this device an officer's bag, with a code from the department."
    ),
    "Tas siap, {name}. Sertifikat berlaku sampai {until}.": (
        "The bag is ready, {name}. The certificate holds until {until}."
    ),
    "Di jaringan mana.": "On which network.",
    "NOMOR": "NUMBER",
    "Nomor pintu.": "The port.",
    "Tutup lagi setelah satu serah terima.": "Close again after one hand-over.",
    "Buka tas di jaringan ini (hotspot), supaya perajin bisa menitip: canting sync --to ALAMAT.": (
        "Open the bag on this network (a hotspot) for artisans: canting sync --to ADDRESS."
    ),
    "Serah terima {code}: {came} surat diterima, {went} jawaban diberikan.": (
        "Hand-over {code}: {came} letters taken, {went} answers given."
    ),
    "Pintu {port} sedang dipakai.": "Port {port} is in use.",
    "Tas terbuka. Di perangkat perajin:": "The bag is open. On the artisan's device:",
    "  canting sync --to {url}": "  canting sync --to {url}",
    "Berhenti: Ctrl-C": "Stop: Ctrl-C",
    "BERKAS…": "FILE…",
    "Berkas titipan.": "A file of letters.",
    "Tulis tanda terima dan jawaban ke berkas ini.": "Write the slip and answers to this file.",
    "Terima berkas titipan (canting give) dari perajin atau petugas lain.": (
        "Take a file of letters (canting give) from an artisan or another officer."
    ),
    "Dengan --answer, satu berkas saja.": "With --answer, one file only.",
    "{file}: {letters} surat diterima. Tanda terima {code}.": (
        "{file}: {letters} letters taken. Slip {code}."
    ),
    "  Berkas itu terpotong; yang utuh sudah diterima.": (
        "  The file is cut off; what is whole in it was taken."
    ),
    "Ke berkas mana (.txt boleh).": "To which file (.txt is fine).",
    "Tulis isi tas ke berkas, untuk dibawa petugas lain. Di sini tidak ada yang dihapus.": (
        "Write what is in the bag to a file, for another officer to carry. Nothing is dropped here."
    ),
    "{letters} surat ditulis ke {file}.": "{letters} letters were written to {file}.",
    "Titip ke tas petugas lain, bukan ke dinas.": (
        "Hand over to another officer's bag, not to the department."
    ),
    "Antar isi tas ke dinas, dan ambil jawabannya. Boleh putus, boleh diulang.": (
        "Deliver the bag to the department, and take its answers. It may break off and be repeated."
    ),
    "Yang diantar: {goods} titipan dari {artisans} perajin, {kb} kB.": (
        "To deliver: {goods} letters of {artisans} artisans, {kb} kB."
    ),
    "  {arrived} sampai, {answers} jawaban": "  {arrived} arrived, {answers} answers",
    "{sent} surat dititipkan ke petugas itu.": "{sent} letters were handed to that officer.",
    "{arrived} titipan sampai di dinas. {left} belum diterima; coba lagi nanti.": (
        "{arrived} letters arrived. {left} were not taken yet; try again later."
    ),
    "{arrived} titipan sampai di dinas. Tas kosong ✓": (
        "{arrived} letters arrived. The bag is empty ✓"
    ),
    "Siapa yang paling lama tidak dikunjungi, dan siapa yang ditunggu jawabannya.": (
        "Who has not been visited for longest, and whom answers wait for."
    ),
    "{artisan}  terakhir {met}  di tas: {waiting}  jawaban: {answers}": (
        "{artisan}  last met {met}  in the bag: {waiting}  answers: {answers}"
    ),
    "Belum ada kunjungan.": "There was no visit yet.",
    "Apa isi tas, dan sampai kapan sertifikat berlaku.": (
        "What is in the bag, and until when the certificate holds."
    ),
    "Di tas: {goods} titipan dari {artisans} perajin, {kb} kB; {answers} jawaban.": (
        "In the bag: {goods} letters of {artisans} artisans, {kb} kB; {answers} answers."
    ),
    "Titipan tertua sejak {oldest}.": "The oldest letter since {oldest}.",
    "Sertifikat petugas sudah habis: minta kode baru dari dinas.": (
        "The officer's certificate has expired: ask the department for a new code."
    ),
    "Sertifikat petugas habis {days} hari lagi.": (
        "The officer's certificate expires in {days} days."
    ),
    "{file} bukan berkas titipan yang utuh ({code}).": (
        "{file} is no whole file of letters ({code})."
    ),
    "Titip ke petugas (alamat di layarnya).": (
        "Hand over to an officer (the address on his screen)."
    ),
    "Tanpa jaringan, titip ke petugas yang datang: --to dengan alamat di layarnya.": (
        "Without a network, hand over to the visiting officer: --to with the address on his screen."
    ),
    "{book}: {carried} catatan dititipkan{officer}. Tanda terima {code}.": (
        "{book}: {carried} changes handed over{officer}. Slip {code}."
    ),
    "{book}: tidak ada titipan baru{officer}. Tanda terima {code}.": (
        "{book}: nothing new to hand over{officer}. Slip {code}."
    ),
    " ke {officer}": " to {officer}",
    "  Penerima ini tidak membawa sertifikat dinas; isinya tetap tertutup.": (
        "  This taker shows no certificate of the department; he cannot read any of it."
    ),
    "  {arrived} catatan sudah sampai di dinas ✓": "  {arrived} changes have arrived ✓",
    "  {received} catatan baru diterima.": "  {received} new changes received.",
    "Tulis titipan untuk dinas ke berkas, tertutup rapat: untuk petugas, USB, atau WhatsApp.": (
        "Write what is for the department to a sealed file: for an officer, a stick, or WhatsApp."
    ),
    "{only_here} catatan ditulis ke {file} ({size} byte). Hanya dinas bisa membacanya.": (
        "{only_here} changes were written to {file} ({size} bytes). Only the department reads them."
    ),
    "Berkas dari petugas.": "The officer's file.",
    "Terima berkas jawaban dan tanda terima dari petugas. Aman diulang.": (
        "Take in the officer's file of answers and slips. It may be repeated."
    ),
    "{file} bukan jawaban untuk buku ini ({code}).": "{file} is no answer for this book ({code}).",
    "{arrived} catatan sudah sampai di dinas, {received} baru diterima, "
    "{carried} masih dititipkan.": (
        "{arrived} changes have arrived, {received} new ones received, {carried} on their way."
    ),
    "Nomor perajin, untuk perangkat lain miliknya; awalnya cukup.": (
        "The artisan's id, for a further device; its beginning is enough."
    ),
    "Perangkat ini menggantikan yang hilang.": "This device takes the place of a lost one.",
    "Buat kode sekali pakai untuk perangkat perajin, tanpa jaringan. Berlaku satu jam.": (
        "Make a one-time code for an artisan's device, without a network. It holds for an hour."
    ),
    "Perangkat itu langsung bisa dipakai; dinas memeriksanya kemudian. Lalu buka tas: canting "
    "relay open, dan di perangkat perajin: canting join ALAMAT KODE.": (
        "The device can be used at once; the department looks at it later. Then open the bag: "
        "canting relay open, and on the artisan's device: canting join ADDRESS CODE."
    ),
    "--lost memerlukan --artisan: nomor perajin ada di lembar pemulihan.": (
        "--lost needs --artisan: the artisan's id is on the recovery sheet."
    ),
    "Nomor perajin {artisan!r} salah.": "{artisan!r} is no artisan's id.",
    "Jatah pendaftaran petugas sudah habis; minta kode baru dari dinas.": (
        "The officer has no enrolments left; ask the department for a new code."
    ),
    "Kode {code}, berlaku satu jam. Pendaftaran ke-{number}.": (
        "Code {code}, good for an hour. Enrolment number {number}."
    ),
    "Buka tas: canting relay open. Di perangkat perajin: {command}": (
        "Open the bag: canting relay open. On the artisan's device: {command}"
    ),
    "canting join ALAMAT {code}": "canting join ADDRESS {code}",
    "canting recover LEMBAR {code} --at ALAMAT": "canting recover SHEET {code} --at ADDRESS",
    "Didaftarkan petugas; dinas memeriksanya nanti. Titip: canting sync --to {address}": (
        "Enrolled by an officer; the department will look at it. "
        "Hand over: canting sync --to {address}"
    ),
    "Tas petugas di {address} tidak terjangkau: apakah terbuka, dan jaringannya sama? {safe}": (
        "The officer's bag at {address} cannot be reached: is it open, on the same network? {safe}"
    ),
    "Sertifikat petugas berlaku sampai {until}.": "The officer's certificate holds until {until}.",
    "Jatah petugas ini sudah habis.": "This officer has no enrolments left.",
    "Sertifikat petugas ini sudah habis.": "This officer's certificate has expired.",
    "LEMBAR PEMULIHAN CANTING ({day})": "CANTING RECOVERY SHEET ({day})",
    "Simpan di tempat aman; siapa memegangnya bisa membaca nama di buku Anda.": (
        "Keep it safe; whoever holds it can read the names in your book."
    ),
    "Dinas:         {url}": "Department:    {url}",
    "Nomor perajin: {artisan}": "Artisan's id:  {artisan}",
    "Kunci buku:    {key}": "Book key:      {key}",
    "HP hilang? Minta kode dari dinas atau petugas. Di HP baru, ketik tiga baris tadi": (
        "Phone lost? Ask the department or an officer for a code. On the new phone, type those"
    ),
    "ke berkas lembar.txt, lalu: canting recover lembar.txt KODE": (
        "three lines into a file, sheet.txt, then: canting recover sheet.txt CODE"
    ),
    "Tampilkan lembar pemulihan, untuk disalin ke kertas dan disimpan baik-baik.": (
        "Show the recovery sheet, to be copied to paper and kept well."
    ),
    "Lembar ditulis ke {out}. Cetak, lalu hapus berkasnya.": (
        "The sheet was written to {out}. Print it, then delete the file."
    ),
    "LEMBAR": "SHEET",
    "Berkas berisi lembar pemulihan.": "A file that holds the recovery sheet.",
    "Kode dari dinas atau petugas.": "The code from the department or an officer.",
    "Alamat tas petugas, kalau tidak ada jaringan.": "The officer's bag, if there is no network.",
    "Nama buku di perangkat ini.": "What the book is called on this device.",
    "HP hilang: buka buku yang sama di perangkat ini, dengan lembar pemulihan dan kode baru.": (
        "Phone lost: open the same book on this device, with the recovery sheet and a new code."
    ),
    "Catatan yang sudah sampai di dinas kembali. Yang belum pernah dikirim atau dititipkan hilang "
    "bersama HP itu; berapa yang diketahui belum sampai, disebutkan.": (
        "What had arrived comes back. What was never sent or handed over is lost with the phone; "
        "how much is known not to have arrived, is told."
    ),
    "Lembar itu salah ketik atau tidak lengkap: periksa nomor perajin dan kunci buku.": (
        "That sheet is mistyped or incomplete: check the artisan's id and the book key."
    ),
    "Perangkat ini sudah bisa dipakai. Catatan lama kembali kalau petugas sudah ke dinas: "
    "canting sync --to ALAMAT": (
        "This device can be used. The old changes come back once the officer has been to the "
        "department: canting sync --to ADDRESS"
    ),
    "{back} catatan kembali dari dinas.": "{back} changes came back from the department.",
    "{missing} catatan HP lama diketahui belum sampai: mungkin masih dibawa petugas.": (
        "{missing} changes of the old phone are known not to have arrived: an officer may have "
        "them."
    ),
    "Yang tidak pernah dikirim atau dititipkan hilang bersama HP lama.": (
        "What was never sent or handed over is lost with the old phone."
    ),
    "Ganti kunci perangkat ini, misalnya setelah diperbaiki orang lain. Catatan tetap.": (
        "Change this device's key, after somebody else repaired it, say. The changes stay."
    ),
    "Kunci perangkat diganti. Minta dinas mencabut yang lama.": (
        "The device's key was changed. Ask the department to revoke the old one."
    ),
    "Gambar isi tas sebagai kode QR yang bergerak, untuk kamera petugas lain.": (
        "Draw what is in the bag as moving QR codes, for another officer's camera."
    ),
    "Semua sudah terkirim atau dititipkan.": "Everything has arrived or is on its way.",
    "Dititipkan, belum sampai di dinas: {carried}": "Handed over, not arrived yet: {carried}",
    "  ke {name} sejak {taken}": "  with {name} since {taken}",
}
