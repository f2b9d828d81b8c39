// After choosing a file: show the picture and say name and size. The server decides what is accepted.

const words = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)}KB` : `${(bytes / 1048576).toFixed(1)}MB`);

for (const upload of document.querySelectorAll("[data-upload]")) {
  const input = upload.querySelector('input[type="file"]');
  const preview = upload.querySelector("[data-upload-preview]");
  const note = upload.querySelector("[data-upload-note]");
  input?.addEventListener("change", () => {
    const file = input.files[0];
    note.textContent = file ? `已选择 ${file.name}（${words(file.size)}），保存后才会上传。` : "";
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
