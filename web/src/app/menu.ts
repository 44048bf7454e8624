/** The looks of a menu and of what stands in it. */
export const menuClass =
  "z-50 grid min-w-56 animate-fade gap-0.5 rounded-card border border-line bg-raised p-1.5 text-[15px] shadow-float";

export const itemClass =
  "flex min-h-11 cursor-pointer select-none items-center gap-3 rounded-lg px-3 outline-none data-[highlighted]:bg-sunken";
