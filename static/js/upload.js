// After choosing a file, or dropping one on the box: show the picture, say name and size. The server
// decides what is accepted.

const words = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)}KB` : `${(bytes / 1048576).toFixed(1)}MB`);

for (const upload of document.querySelectorAll("[data-upload]")) {
  const input = upload.querySelector('input[type="file"]');
  const preview = upload.querySelector("[data-upload-preview]");
  const note = upload.querySelector("[data-upload-note]");
  if (!input) continue;
  note.textContent = "也可以把文件拖到这里。";
  upload.addEventListener("dragover", (event) => {
    event.preventDefault();
    upload.classList.add("is-over");
  });
  upload.addEventListener("dragleave", () => upload.classList.remove("is-over"));
  upload.addEventListener("drop", (event) => {
    event.preventDefault();
    upload.classList.remove("is-over");
    if (!event.dataTransfer.files.length || input.disabled) return;
    input.files = event.dataTransfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  input.addEventListener("change", () => {
    const file = input.files[0];
    note.textContent = file ? `已选择 ${file.name}（${words(file.size)}），提交后才会上传。` : "";
    if (!file?.type.startsWith("image/")) {
      preview.hidden = !preview.getAttribute("src") || Boolean(file);
      return;
    }
    const reader = new FileReader(); // data: is what the content security policy allows, blob: is not
    reader.addEventListener("load", () => {
      preview.src = reader.result;
      preview.hidden = false;
    });
    reader.readAsDataURL(file);
  });
}
